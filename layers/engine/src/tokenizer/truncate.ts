import type { Encoding, TruncationDirection } from '../ports.ts';
import { countTokens, keepParts, type Parts, type Range } from './parts.ts';

/** Cuts the texts to `maxTokens`, the longer one first; special tokens stay, however many they are. */
export function truncate(
  encoding: Encoding,
  parts: Parts,
  maxTokens: number,
  direction: TruncationDirection,
): Encoding {
  const [text, pair] = [countTokens(parts.text), countTokens(parts.pair)];
  const budget = Math.max(maxTokens - (encoding.ids.length - text - pair), 0);
  const [keepText, keepPair] = shareLongestFirst(text, pair, budget);
  return keepParts(encoding, parts, {
    text: cutTo(parts.text, keepText, direction),
    pair: cutTo(parts.pair, keepPair, direction),
  });
}

/** Cuts a text to at most `length` tokens. */
export function cutTo({ start, end }: Range, length: number, direction: TruncationDirection): Range {
  return direction === 'right'
    ? { start, end: Math.min(start + length, end) }
    : { start: Math.max(end - length, start), end };
}

/**
 * Counts the tokens of each text to keep when the longer one is cut first ("longest first"), as the Rust tokenizers do: the shorter
 * text keeps half of the budget at most, and the longer one has the odd token; of two equal ones that is the second.
 */
export function shareLongestFirst(first: number, second: number, budget: number): [number, number] {
  if (first + second <= budget) return [first, second];
  const shorter = Math.min(first, second, Math.floor(budget / 2));
  return first > second ? [budget - shorter, shorter] : [shorter, budget - shorter];
}
