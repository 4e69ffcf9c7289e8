/** Text as Python sees it: its white space, its offsets. */
import type { Token } from './token.ts';

/** The characters of `str.isspace`; JavaScript's `\s` lacks the separators of ASCII and has the byte order mark. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Whether a text is white space and nothing else; not for an empty one. */
export function isSpace(text: string): boolean {
  const first = text.charCodeAt(0);
  const isAsciiWord = first > 0x20 && first < 0x7f;
  return !isAsciiWord && ONLY_SPACE.test(text);
}
const ONLY_SPACE = new RegExp(`^[${SPACE}]+$`, 'u');

/** A run of anything but white space. */
export const WORD = new RegExp(`[^${SPACE}]+`, 'gu');
/** Runs of white space and of anything else; a single space between two others is left out, and so is one before a word. */
const RUN = new RegExp(`[${SPACE}]+|[^${SPACE}]+`, 'gu');

/** Divides a text into words and the white space that is not one space alone, as spaCy does: of `a  b` the second space is a part. */
export function splitAtSpace(text: string): string[] {
  const runs: readonly string[] = text.match(RUN) ?? [];
  const parts: string[] = [];
  for (const run of runs) {
    const part = parts.length > 0 && run.startsWith(' ') ? run.slice(1) : run;
    if (part !== '') parts.push(part);
  }
  return parts;
}

/** One character that is not white space. */
export const NOT_SPACE = `[^${SPACE}]`;

/** Half of a code point that takes two units; a text without one has as many code points as units. */
const HALF = /[\ud800-\udfff]/;

/** The number of code points, which is the length in Python. */
export function codePoints(text: string): number {
  if (!HALF.test(text)) return text.length;
  let count = 0;
  for (let unit = 0; unit < text.length; unit++) {
    if (isHigh(text.charCodeAt(unit)) && isLow(text.charCodeAt(unit + 1))) unit += 1;
    count += 1;
  }
  return count;
}

/** The matches of a global expression, with their offsets in code points. */
export function matchTokens(text: string, expression: RegExp): Token[] {
  const pointsOf = countPoints(text);
  let unit = 0;
  let point = 0;
  return Array.from(text.matchAll(expression), ({ 0: match, index }) => {
    const idx = point + pointsOf(unit, index);
    unit = index + match.length;
    point = idx + pointsOf(index, unit);
    return { text: match, idx, idxEnd: point };
  });
}

/** Counts the code points between two units of a text. */
function countPoints(text: string): (start: number, end: number) => number {
  if (!HALF.test(text)) return (start, end) => end - start;
  return (start, end) => codePoints(text.slice(start, end));
}

/** Parts of a text, in its order, with their offsets in code points, and what `more` says of each. */
export function withOffsets(
  text: string,
  parts: readonly string[],
  { lacksTags }: Pick<Token, 'lacksTags'> = {},
): Token[] {
  const pointsOf = countPoints(text);
  let unit = 0;
  let point = 0;
  return parts.map((part) => {
    const at = text.indexOf(part, unit);
    const idx = point + pointsOf(unit, at);
    unit = at + part.length;
    point = idx + pointsOf(at, unit);
    return lacksTags ? { text: part, idx, idxEnd: point, lacksTags } : { text: part, idx, idxEnd: point };
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
