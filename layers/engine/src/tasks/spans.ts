/** Says where something is in a text, in the units of results. */
import * as z from 'zod/mini';
import { type OffsetMap, toCodePoints } from '../math/offsets.ts';
import type { Span } from '../ports.ts';

/** The unit that `start` and `end` count: UTF-16 code units as JavaScript, or code points as Python. */
export const offsetUnit = z._default(z.enum(['utf16', 'codepoint']), 'utf16');
export type OffsetUnit = z.infer<typeof offsetUnit>;

/** Maps UTF-16 code units of `text` to the unit that the call asks for. */
export function offsetsIn(text: string, unit: OffsetUnit): OffsetMap {
  return unit === 'codepoint' ? toCodePoints(text) : (offset) => offset;
}

/** Cuts off white space at both ends, which byte-level and SentencePiece tokens carry; white space alone stays. */
export function trimSpan(text: string, [start, end]: Span): Span {
  const slice = text.slice(start, end);
  const trimmed = slice.trimStart();
  if (trimmed === '') return [start, end];
  return [end - trimmed.length, start + slice.trimEnd().length];
}

interface Token {
  /** Index of the word as the tokenizer counts them. */
  readonly word: number | null;
  readonly start: number;
  readonly end: number;
}

/**
 * Whether a token begins another word than the token before it. The tokenizer says so, or white space does, because for some
 * tokenizers a whole text is one word.
 */
export function beginsWord(text: string, token: Token, previous: Token | undefined): boolean {
  if (!previous || token.word === null || token.word !== previous.word) return true;
  return /\s/.test(text.slice(Math.min(previous.end, token.start), token.start + 1));
}
