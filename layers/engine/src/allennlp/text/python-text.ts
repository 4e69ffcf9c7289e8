/** Text as Python sees it: its white space, its offsets. */
import type { Token } from './token.ts';

/** The characters of `str.isspace`; JavaScript's `\s` lacks the separators of ASCII and has the byte order mark. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Whether a text is white space and nothing else; not for an empty one. */
export function isSpace(text: string): boolean {
  return ONLY_SPACE.test(text);
}
const ONLY_SPACE = new RegExp(`^[${SPACE}]+$`, 'u');

/** A run of anything but white space. */
export const WORD = new RegExp(`[^${SPACE}]+`, 'gu');
/** One character that is not white space. */
export const NOT_SPACE = `[^${SPACE}]`;

/** The number of code points, which is the length in Python. */
export function codePoints(text: string): number {
  let count = 0;
  for (let unit = 0; unit < text.length; unit++) {
    if (isHigh(text.charCodeAt(unit)) && isLow(text.charCodeAt(unit + 1))) unit += 1;
    count += 1;
  }
  return count;
}

/** The matches of a global expression, with their offsets in code points. */
export function matchTokens(text: string, expression: RegExp): Token[] {
  let unit = 0;
  let point = 0;
  return Array.from(text.matchAll(expression), ({ 0: match, index }) => {
    point += codePoints(text.slice(unit, index));
    const idx = point;
    point += codePoints(match);
    unit = index + match.length;
    return { text: match, idx, idxEnd: point };
  });
}

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00;

/** Words with the offsets that they have where one space stands between them. */
export function joinedOffsets(words: readonly string[]): { readonly idx: number; readonly idxEnd: number }[] {
  let idx = 0;
  return words.map((word) => {
    const start = idx;
    const idxEnd = start + codePoints(word);
    idx = idxEnd + 1;
    return { idx: start, idxEnd };
  });
}
