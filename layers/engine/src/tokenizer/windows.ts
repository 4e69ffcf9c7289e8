/** Divides requests that are too long into overlapping encodings, each within the limit and with special tokens of its own. */
import type { Encoding, TruncationDirection, Windows } from '../ports.ts';
import { countTokens, keepParts, type Parts } from './parts.ts';
import { cutTo } from './truncate.ts';

/** The largest share of a window's tokens that the text which stands in every window may take. */
const OTHER_SHARE = 3 / 4;

/**
 * Gives one encoding where the request fits into one. Else it gives windows over one text, each `stride` tokens back from the
 * end of the one before, up to the end of the text. The other text is whole in each of them, unless it leaves the windows less
 * than a quarter: then it is cut, and the encodings say so. Windows overlap by at most half of their part of the text, so
 * that the work is at most twice that of the text, however long it is.
 */
export function* divideIntoWindows(
  encoding: Encoding,
  parts: Parts,
  { of, stride, maxTokens, other }: Windows,
  limits: { readonly maxTokens: number; readonly direction: TruncationDirection },
): Generator<Encoding> {
  const longest = Math.min(maxTokens ?? limits.maxTokens, limits.maxTokens);
  const divided = parts[of];
  const standing = parts[of === 'text' ? 'pair' : 'text'];
  const room = Math.max(longest - (encoding.ids.length - countTokens(divided) - countTokens(standing)), 1);

  const wanted = Math.min(countTokens(standing), other?.maxTokens ?? Number.POSITIVE_INFINITY);
  const most = Math.max(Math.floor(room * OTHER_SHARE), room - countTokens(divided));
  const kept = cutTo(standing, Math.min(wanted, most), limits.direction);
  const facts = {
    truncatedTokens: countTokens(standing) - countTokens(kept),
    crowded: wanted > most ? { tokens: wanted, maxTokens: most } : undefined,
  };

  const size = room - countTokens(kept);
  const step = size - Math.min(stride, Math.floor(size / 2));
  for (let windowStart = 0; ; windowStart += step) {
    const start = divided.start + windowStart;
    const part = { start, end: Math.min(start + size, divided.end) };
    const texts = of === 'text' ? { text: part, pair: kept } : { text: kept, pair: part };
    yield { ...keepParts(encoding, parts, texts), ...facts, windowStart };
    if (part.end >= divided.end) return;
  }
}
