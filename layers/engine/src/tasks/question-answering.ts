/** A question and a context in, spans of the context that answer it out: the question-answering of Hugging Face pipelines. */
import * as z from 'zod/mini';
import type { Task } from '../ports.ts';
import { answersIn } from './answers.ts';
import { commonParameters } from './parameters.ts';
import { offsetsIn, offsetUnit } from './spans.ts';

const SHAPE = 'must be {"question": "...", "context": "..."}';
const text = z.string(SHAPE).check(z.minLength(1, 'must not be empty'));
const input = z.object({ question: text, context: text }, SHAPE);
export type Question = z.infer<typeof input>;

const positiveInt = z.int().check(z.positive());
/** A window shorter than this would have room for little but special tokens. */
const LEAST_SEQUENCE = 16;
const MOST_ANSWERS = 1000;

const parameters = z.strictObject({
  ...commonParameters,
  /** How many answers to give, at most. */
  top_k: z._default(positiveInt.check(z.maximum(MOST_ANSWERS)), 1),
  /** Tokens that two windows over a long context have in common: at most half of what they have of it. */
  doc_stride: z._default(z.int().check(z.nonnegative()), 128),
  /** Longest answer, in tokens. */
  max_answer_len: z._default(positiveInt, 15),
  /** Longest window, special tokens and question included, where the model takes as many. */
  max_seq_len: z._default(z.int().check(z.minimum(LEAST_SEQUENCE)), 384),
  /** Tokens that a question is cut to. @default - it is not cut, and refused where it leaves the context too little room */
  max_question_len: z.optional(positiveInt),
  /** Whether "there is no answer" is an answer: an empty one. */
  handle_impossible_answer: z._default(z.boolean(), false),
  /** Whether answers begin and end with a word. */
  align_to_words: z._default(z.boolean(), true),
  offset_unit: offsetUnit,
});
type Parameters = z.infer<typeof parameters>;

/** `context.slice(start, end)` is `answer`, which is empty where there is none. */
export interface SpanAnswer {
  readonly answer: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** The answer in a context that has no token, for example white space. */
const NO_ANSWER: SpanAnswer = { answer: '', score: 0, start: 0, end: 0 };

/** One answer, or with a `top_k` above 1 a list of them, the best first. */
export const questionAnswering: Task<Question, Parameters, SpanAnswer | SpanAnswer[]> = {
  name: 'question-answering',
  input,
  parameters,
  outputs: ['start_logits', 'end_logits'],
  alignment: true,

  serves: ({ task }) => task === 'question-answering',
  requests: ({ question, context }, { doc_stride, max_seq_len, max_question_len }) => [
    {
      text: question,
      pair: context,
      windows: {
        of: 'pair',
        stride: doc_stride,
        maxTokens: max_seq_len,
        other: { field: 'question', maxTokens: max_question_len },
      },
    },
  ],

  async result({ context }, [windows = []], { offset_unit: unit, ...parameters }, { giveWay }) {
    const offset = offsetsIn(context, unit);
    const answers = (await answersIn(context, windows, parameters, giveWay)).map(({ score, start, end }) => ({
      answer: context.slice(start, end),
      score,
      start: offset(start),
      end: offset(end),
    }));
    return parameters.top_k === 1 ? (answers[0] ?? NO_ANSWER) : answers;
  },

  reading(answer) {
    const [best = NO_ANSWER] = Array.isArray(answer) ? answer : [answer];
    return { confidence: best.score };
  },
};
