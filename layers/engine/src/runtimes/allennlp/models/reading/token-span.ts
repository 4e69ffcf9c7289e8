/** Which words a span of characters is. */
import type { TokenSpan } from '../../decoding/best-span.ts';
import type { CharacterSpan } from './passage-reader.ts';

/** How far behind the last word a span may end. */
const SLACK = 8;

/**
 * The words that an answer of a data set covers, found as AllenNLP's `char_span_to_token_span` does: an answer that begins or ends
 * inside of a word has all of it. Undefined where AllenNLP raises, for an answer that is not in the text.
 */
export function tokenSpanOf(
  offsets: readonly CharacterSpan[],
  [from, to]: CharacterSpan,
): TokenSpan | undefined {
  const notBefore = offsets.findIndex(([start]) => start >= from);
  const next = notBefore < 0 ? offsets.length : notBefore;
  const reachesIn = next > 0 && (offsets[next - 1]?.[1] ?? 0) > from;
  if (!reachesIn && next === offsets.length) return undefined;
  const isBetween = (offsets[next]?.[0] ?? 0) > from;
  const start = reachesIn || isBetween ? next - 1 : next;
  if (start < 0) return undefined;
  const rest = offsets.slice(start).findIndex(([, end]) => end >= to);
  if (rest >= 0) return { start, end: start + rest };
  const lastEnd = offsets.at(-1)?.[1] ?? 0;
  return from < lastEnd && to - SLACK < lastEnd ? { start, end: offsets.length - 1 } : undefined;
}
