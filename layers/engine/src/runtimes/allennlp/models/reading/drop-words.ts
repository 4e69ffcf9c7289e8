/** Words and numbers as AllenNLP's reader of DROP has them (arXiv:1903.00161). */
import { codePoints } from '../../text/python-text.ts';
import type { Token } from '../../text/token.ts';

const HYPHENS = ['-', '–', '~'];

const NUMBER_WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];

/** Divides words at hyphens, which become words: `1854-1855` is three. */
export function splitAtHyphens(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) => {
    const own = HYPHENS.filter((hyphen) => token.text.includes(hyphen));
    return own.reduce<Token[]>((parts, hyphen) => parts.flatMap((part) => splitAt(part, hyphen)), [token]);
  });
}

function splitAt(token: Token, hyphen: string): Token[] {
  const parts: Token[] = [];
  let idx = token.idx ?? 0;
  for (const part of token.text.split(hyphen)) {
    if (part !== '') parts.push({ text: part, idx });
    idx += codePoints(part);
    parts.push({ text: hyphen, idx });
    idx += codePoints(hyphen);
  }
  parts.pop();
  return parts;
}

/** What Python's `int` takes: digits of any script, a sign, single underscores between digits. */
const INTEGER = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u;

/** The number that a word is; undefined for any other word. `nineteen` is the last that is known by its name. */
export function numberOf(word: string): number | undefined {
  const plain = word.replaceAll(',', '');
  const named = NUMBER_WORDS.indexOf(plain);
  if (named >= 0) return named;
  const trimmed = plain.trim();
  if (!INTEGER.test(trimmed)) return undefined;
  return Number(trimmed.replaceAll('_', '').replace(/\p{Nd}/gu, digitValue));
}

/** Digits of a script stand in a row of ten code points, whose first is that of zero; those of other fonts are made plain before. */
function digitValue(digit: string): string {
  const point = digit.normalize('NFKC').codePointAt(0) ?? 0;
  let zero = point;
  while (zero > point - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String(point - zero);
}
