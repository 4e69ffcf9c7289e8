/**
 * Answers that differ because two spans of a passage are equally good. A passage that repeats itself has spans whose scores are
 * those of each other but for the last bit of float32, and the order in which a library adds numbers decides between them: in the
 * archive `bidaf` of AllenNLP's own tests exact arithmetic takes another span than AllenNLP does.
 */
import * as z from 'zod/mini';
import { bestSpan, type TokenSpan } from '../decoding/best-span.ts';

/** Scores this near are taken for equal; AllenNLP's own differ by up to 1e-5 between a batch and a single input. */
const TIE = 1e-6;

const spanAnswer = z.object({
  best_span: z.tuple([z.int(), z.int()]),
  best_span_str: z.string(),
  span_start_logits: z.array(z.number()),
  span_end_logits: z.array(z.number()),
});
type SpanAnswer = z.infer<typeof spanAnswer>;

/** The answer with the expected span, where by the expected scores its own span is as good; else the answer as it is. */
export function settleTie(expected: unknown, actual: unknown): unknown {
  const [reference, answer] = [spanAnswer.safeParse(expected), spanAnswer.safeParse(actual)];
  if (!reference.success || !answer.success) return actual;
  const { best_span, best_span_str } = reference.data;
  const own = spanOf(answer.data);
  const best = spanOf(reference.data);
  // Where the span counts other tokens than the scores do, nothing is known of ties.
  const { span_start_logits: starts, span_end_logits: ends } = reference.data;
  const greatest = bestSpan(starts, ends);
  if (greatest.start !== best.start || greatest.end !== best.end) return actual;
  const difference = scoreOf(reference.data, best) - scoreOf(reference.data, own);
  return difference < TIE ? { ...Object(actual), best_span, best_span_str } : actual;
}

function spanOf({ best_span: [start, end] }: SpanAnswer): TokenSpan {
  return { start, end };
}

function scoreOf(
  { span_start_logits: starts, span_end_logits: ends }: SpanAnswer,
  { start, end }: TokenSpan,
): number {
  return (starts[start] ?? Number.NEGATIVE_INFINITY) + (ends[end] ?? Number.NEGATIVE_INFINITY);
}
