/** Where something is in a text, as results say it. */
import * as z from 'zod/mini';
import { type OffsetMap, toCodePoints } from '../math/offsets.ts';
import type { Span } from '../ports.ts';

/** What `start` and `end` count: UTF-16 code units as JavaScript, or code points as Python. */
export const offsetUnit = z._default(z.enum(['utf16', 'codepoint']), 'utf16');
export type OffsetUnit = z.infer<typeof offsetUnit>;

/** From UTF-16 code units of `text` to the unit asked for. */
export function offsetsIn(text: string, unit: OffsetUnit): OffsetMap {
  return unit === 'codepoint' ? toCodePoints(text) : (offset) => offset;
}

/** Without white space at its ends, which byte-level and SentencePiece tokens carry; white space alone stays. */
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
 * Whether a token begins a word: another one than the token before it, by the tokenizer or by white space, for there are
 * tokenizers to which a whole text is one word.
 */
export function beginsWord(text: string, token: Token, previous: Token | undefined): boolean {
  if (!previous || token.word === null || token.word !== previous.word) return true;
  return /\s/.test(text.slice(Math.min(previous.end, token.start), token.start + 1));
}
