/** Questions in the shape of Hugging Face. */
import * as z from 'zod/mini';
import { toUtf16 } from '../../../../math/offsets.ts';
import { offsetUnit } from '../../../../tasks/spans.ts';
import type { JsonObject, TaskShape } from '../../archive-model.ts';
import { textOf } from '../../input-fields.ts';
import { shapeParameters } from '../shape-parameters.ts';

const parameters = z.strictObject({ offset_unit: offsetUnit });

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
  toPredictor: (input, field) => ({
    question: textOf(input, 'question', field),
    passage: textOf(input, 'context', field),
  }),
  fromAnswer(answer, input, given) {
    const { offset_unit: unit } = shapeParameters(parameters, given);
    const place = places.get(answer) ?? [0, 0];
    const context = textOf(input, 'context', 'inputs');
    const offset = unit === 'codepoint' ? (point: number) => point : toUtf16(context);
    return {
      answer: answer.best_span_str,
      score: answer.best_span_probs,
      start: offset(place[0]),
      end: offset(place[1]),
    };
  },
};
