/** Which spans of a context answer best, over all windows of it. */
import { at, softmax } from '../math/activations.ts';
import type { Span, TokenResult } from '../ports.ts';
import { alignmentOf, outputData } from './output.ts';

export interface AnswerSpan {
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

export interface SpanOptions {
  readonly top_k: number;
  readonly max_answer_len: number;
  readonly handle_impossible_answer: boolean;
  readonly align_to_words: boolean;
}

/** Spans of `context` in UTF-16 code units, best first. */
export function bestSpans(
  _context: string,
  windows: readonly TokenResult[],
  { top_k, max_answer_len }: SpanOptions,
): AnswerSpan[] {
  const spans = windows.flatMap((window) => {
    const { sequenceIds, spans: offsets } = alignmentOf(window.encoding);
    const start = softmax(outputData(window, 'start_logits'));
    const end = softmax(outputData(window, 'end_logits'));
    const inContext = [...sequenceIds.keys()].filter((token) => sequenceIds[token] === 1);
    return inContext.flatMap((first) =>
      inContext
        .filter((last) => last >= first && last < first + max_answer_len)
        .map((last) => ({
          score: at(start, first) * at(end, last),
          start: edge(offsets[first], 0),
          end: edge(offsets[last], 1),
        })),
    );
  });
  return spans.sort((a, b) => b.score - a.score).slice(0, top_k);
}

const edge = (span: Span | undefined, side: 0 | 1): number => span?.[side] ?? 0;
