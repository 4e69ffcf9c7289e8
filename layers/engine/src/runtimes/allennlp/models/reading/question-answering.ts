/** The task question-answering of models that answer with a span of the passage. */
import * as z from 'zod/mini';
import { offsetsIn, offsetUnit } from '../../../../tasks/spans.ts';
import type { TaskShape } from '../../archive-model.ts';
import { invalidInput } from '../../input-fields.ts';
import { locateWords } from '../locate-words.ts';
import { shapeParameters } from '../shape-parameters.ts';

const text = z.string().check(z.minLength(1));
const inputSchema = z.object({ question: text, context: text });
const answerSchema = z.object({
  best_span: z.tuple([z.int(), z.int()]),
  span_start_probs: z.array(z.number()),
  span_end_probs: z.array(z.number()),
  passage_tokens: z.array(z.string()),
});
/** There is one answer, the best one; everything else is as the archive has it. */
const parametersSchema = z.strictObject({
  top_k: z.optional(z.literal(1, 'must be 1: a model of AllenNLP gives one answer')),
  offset_unit: offsetUnit,
});

export const answerSpan: TaskShape = {
  name: 'question-answering',

  toPredictor(input, field) {
    const parsed = inputSchema.safeParse(input);
    if (parsed.success) return { question: parsed.data.question, passage: parsed.data.context };
    throw invalidInput(field, 'must be {"question": "...", "context": "..."}');
  },

  fromAnswer(answer, input, parameters) {
    const { offset_unit: unit } = shapeParameters(parametersSchema, parameters);
    const { context } = z.parse(inputSchema, input);
    const { best_span: span, passage_tokens: words, ...probs } = z.parse(answerSchema, answer);
    const [first, last] = span;
    const found = locateWords(context, words);
    const start = found[first]?.start ?? context.length;
    const end = found[last]?.end ?? context.length;
    const offset = offsetsIn(context, unit);
    return {
      score: (probs.span_start_probs[first] ?? 0) * (probs.span_end_probs[last] ?? 0),
      start: offset(start),
      end: offset(end),
      answer: context.slice(start, end),
    };
  },
};
