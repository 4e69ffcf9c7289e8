/** What a model answers to one text, in the form that every kind of model is compared in. */
import * as z from 'zod';

/** One decision: a label, the kind of a span, the text of an answer. Two decisions are the same where `choice` is. */
export const decisionSchema = z.strictObject({
  /** What is decided: `label`, or the place of a span. */
  at: z.string(),
  choice: z.string(),
  /** The probability of the choice, 0 to 1. @default - the model tells none */
  score: z.number().optional(),
  /** How much better the choice is than the next best, in scores. @default - it is not known */
  margin: z.number().optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

export const answerSchema = z.strictObject({
  /** Ids of the tokens that the model read, special ones included, none cut off; of a model of AllenNLP the whole numbers of its tensors. */
  ids: z.array(z.number()).optional(),
  decisions: z.array(decisionSchema),
  /** Scores by the thing that they are of. */
  scores: z.array(z.tuple([z.string(), z.number()])),
  /** The embedding of the text, at length 1. */
  vector: z.array(z.number()).optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** The kinds of decisions, in words of one and of many. */
export const KINDS = {
  labels: ['label', 'labels'],
  spans: ['span', 'spans'],
  answers: ['answer', 'answers'],
  tokens: ['filled mask', 'filled masks'],
  orders: ['order of two texts', 'orders of two texts'],
  neighbours: ['nearest neighbour', 'nearest neighbours'],
  texts: ['generated text', 'generated texts'],
  values: ['value of the answers', 'values of the answers'],
} as const;
export type Kind = keyof typeof KINDS;

/** `1 label`, `200 labels` */
export function countKind(kind: Kind, count: number): string {
  const [one, many] = KINDS[kind];
  return `${count} ${count === 1 ? one : many}`;
}
