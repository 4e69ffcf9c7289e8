/** Questions in the shape of Hugging Face. */
import * as z from 'zod/mini';
import { toUtf16 } from '../../../math/offsets.ts';
import { offsetUnit } from '../../../tasks/spans.ts';
import type { JsonObject, TaskShape } from '../../archive-model.ts';
import { parseInput } from '../predictor-input.ts';
import { parseParameters } from '../task-parameters.ts';

const text = z.string().check(z.minLength(1));
const inputSchema = z.object(
  { question: text, context: text },
  'must be {"question": "...", "context": "..."}',
);
/** There is one answer, the best one. */
const parameters = z.strictObject({ top_k: z.optional(z.literal(1)), offset_unit: offsetUnit });

/** The places of answers in their contexts, in code points, which the predictor's JSON does not have. */
const places = new WeakMap<JsonObject, readonly [start: number, end: number]>();

/** Keeps where in its context an answer stands. */
export function placeAnswer(answer: JsonObject, place: readonly [start: number, end: number]): JsonObject {
  places.set(answer, place);
  return answer;
}

/** `{question, context}` to `{answer, score, start, end}`. */
export const questionAnsweringShape: TaskShape = {
  name: 'question-answering',
  toPredictor(input, field) {
    const { question, context } = parseInput(inputSchema, input, field);
    return { question, passage: context };
  },
  fromAnswer(answer, input, given) {
    const { offset_unit: unit } = parseParameters(parameters, given);
    const place = places.get(answer) ?? [0, 0];
    const { context } = z.parse(inputSchema, input);
    const offset = unit === 'codepoint' ? (point: number) => point : toUtf16(context);
    return {
      answer: answer.best_span_str,
      score: answer.best_span_probs,
      start: offset(place[0]),
      end: offset(place[1]),
    };
  },
};
