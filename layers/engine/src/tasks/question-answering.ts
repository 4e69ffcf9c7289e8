/** A question and a context in, spans of the context that answer it out: the question-answering of Hugging Face pipelines. */
import * as z from 'zod/mini';
import { toCodePoints } from '../math/offsets.ts';
import type { Task } from '../ports.ts';
import { bestSpans } from './answer-spans.ts';
import { commonParameters } from './parameters.ts';

const input = z.object({ question: z.string(), context: z.string() });
export type Question = z.infer<typeof input>;

const parameters = z.strictObject({
  ...commonParameters,
  /** How many answers to give, at most. */
  top_k: z._default(z.int().check(z.positive()), 1),
  /** Tokens that two windows over a long context have in common. */
  doc_stride: z._default(z.int().check(z.nonnegative()), 128),
  /** Longest answer, in tokens. */
  max_answer_len: z._default(z.int().check(z.positive()), 15),
  /** Longest window, special tokens and question included. @default - what the model takes */
  max_seq_len: z.optional(z.int().check(z.positive())),
  /** Whether "there is no answer" is an answer: an empty one. */
  handle_impossible_answer: z._default(z.boolean(), false),
  /** Whether answers begin and end with a word. */
  align_to_words: z._default(z.boolean(), true),
  /** What `start` and `end` count: UTF-16 code units as JavaScript, or code points as Python. */
  offset_unit: z._default(z.enum(['utf16', 'codepoint']), 'utf16'),
});
type Parameters = z.infer<typeof parameters>;

/** `context.slice(start, end)` is `answer`, which is empty where there is none. */
export interface SpanAnswer {
  readonly answer: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

export const questionAnswering: Task<Question, Parameters, SpanAnswer | SpanAnswer[]> = {
  name: 'question-answering',
  input,
  parameters,
  outputs: ['start_logits', 'end_logits'],
  alignment: true,

  serves: ({ task }) => task === 'question-answering',
  requests: ({ question, context }, { doc_stride, max_seq_len }) => [
    {
      text: question,
      pair: context,
      windows: { of: 'pair', stride: doc_stride, ...(max_seq_len && { maxTokens: max_seq_len }) },
    },
  ],

  result({ context }, [windows = []], { offset_unit, ...parameters }) {
    const position = offset_unit === 'codepoint' ? toCodePoints(context) : (offset: number) => offset;
    const answers = bestSpans(context, windows, parameters).map(({ score, start, end }) => ({
      answer: context.slice(start, end),
      score,
      start: position(start),
      end: position(end),
    }));
    const [best] = answers;
    return parameters.top_k === 1 && best ? best : answers;
  },
};
