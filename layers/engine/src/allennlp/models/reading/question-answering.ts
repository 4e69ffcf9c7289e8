/** The task question-answering of models that answer with a span of the passage. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { invalidParameter } from '../../../tasks/refusals.ts';
import { offsetsIn, offsetUnit } from '../../../tasks/spans.ts';
import type { TaskShape } from '../../archive-model.ts';

const text = z.string().check(z.minLength(1));
const inputSchema = z.object({ question: text, context: text });
const answerSchema = z.object({
  best_span: z.tuple([z.int(), z.int()]),
  span_start_probs: z.array(z.number()),
  span_end_probs: z.array(z.number()),
  passage_tokens: z.array(z.string()),
});
/** There is one answer, the best one; everything else is as the archive has it. */
const parametersSchema = z.strictObject({ top_k: z.optional(z.literal(1)), offset_unit: offsetUnit });

export const answerSpan: TaskShape = {
  name: 'question-answering',

  toPredictor(input, field) {
    const parsed = inputSchema.safeParse(input);
    if (parsed.success) return { question: parsed.data.question, passage: parsed.data.context };
    throw new EngineError('INVALID_INPUT', `${field}: must be {"question": "...", "context": "..."}.`, {
      details: { field },
    });
  },

  fromAnswer(answer, input, parameters) {
    const read = parametersSchema.safeParse(parameters);
    if (!read.success) throw refuse(parameters);
    const { context } = z.parse(inputSchema, input);
    const { best_span: span, passage_tokens: words, ...probs } = z.parse(answerSchema, answer);
    const [first, last] = span;
    const found = findWords(context, words);
    const start = found[first]?.start ?? context.length;
    const end = found[last]?.end ?? context.length;
    const offset = offsetsIn(context, read.data.offset_unit);
    return {
      score: (probs.span_start_probs[first] ?? 0) * (probs.span_end_probs[last] ?? 0),
      start: offset(start),
      end: offset(end),
      answer: context.slice(start, end),
    };
  },
};

/** Where words are in the text that they were taken from, one after the other, in UTF-16 code units. */
export function findWords(
  context: string,
  words: readonly string[],
): { readonly start: number; readonly end: number }[] {
  let from = 0;
  return words.map((word) => {
    const found = context.indexOf(word, from);
    const start = found < 0 ? context.length : found;
    from = Math.min(start + word.length, context.length);
    return { start, end: from };
  });
}

function refuse(parameters: Readonly<Record<string, unknown>>): EngineError {
  const unknown = Object.keys(parameters).find((name) => !(name in parametersSchema.shape));
  if (unknown !== undefined) return invalidParameter(unknown, 'is not known to a model of AllenNLP');
  return 'top_k' in parameters && parameters.top_k !== 1
    ? invalidParameter('top_k', 'must be 1: a model of AllenNLP gives one answer')
    : invalidParameter('offset_unit', "must be 'utf16' or 'codepoint'");
}
