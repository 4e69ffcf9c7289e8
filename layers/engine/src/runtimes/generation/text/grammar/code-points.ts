/** Sets of code points, and how they are spelt in UTF-8. */
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';

/** Ranges with both ends included, sorted and apart. */
export type CodePoints = readonly (readonly [first: number, last: number])[];

const LAST = 0x10ffff;
/** Halves of code points, which UTF-8 does not have. */
const SURROGATES: CodePoints = [[0xd800, 0xdfff]];

export const ANY: CodePoints = invert(SURROGATES);

export function unite(...sets: readonly CodePoints[]): CodePoints {
  const united: [number, number][] = [];
  for (const [first, last] of sets.flat().toSorted(([a], [b]) => a - b)) {
    const before = united.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else united.push([first, last]);
  }
  return united;
}

export function invert(set: CodePoints): CodePoints {
  const inverted: [number, number][] = [];
  let next = 0;
  for (const [first, last] of unite(set, SURROGATES)) {
    if (first > next) inverted.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) inverted.push([next, LAST]);
  return inverted;
}

export const intersect = (left: CodePoints, right: CodePoints): CodePoints =>
  invert(unite(invert(left), invert(right)));

export const isEmpty = (set: CodePoints): boolean => set.length === 0;

/** One code point of a set, halves of code points left out. */
export function oneOf(expressions: Expressions, set: CodePoints): Expression {
  return expressions.either(
    intersect(set, ANY).flatMap(([first, last]) =>
      spell(first, last).map((bytes) =>
        expressions.sequence(bytes.map((range) => expressions.bytes([range]))),
      ),
    ),
  );
}

/** The last code points of one byte, of two, three and four. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, LAST];

type Spelling = (readonly [first: number, last: number])[];

/** Divides a range so that every part is a range of bytes at each place; as Ken Thompson's encoding has it, big ones first. */
function spell(first: number, last: number): Spelling[] {
  const limit = LAST_OF_LENGTH.find((end) => first <= end) ?? LAST;
  if (last > limit) return [...spell(first, limit), ...spell(limit + 1, last)];
  const length = LAST_OF_LENGTH.indexOf(limit) + 1;
  for (let place = 1; place < length; place++) {
    const span = 64 ** place;
    const [start, end] = [Math.floor(first / span), Math.floor(last / span)];
    if (start === end) continue;
    if (first % span !== 0)
      return [...spell(first, (start + 1) * span - 1), ...spell((start + 1) * span, last)];
    if ((last + 1) % span !== 0) return [...spell(first, end * span - 1), ...spell(end * span, last)];
  }
  const [from, to] = [encode(first, length), encode(last, length)];
  return [from.map((byte, index) => [byte, to[index] ?? byte])];
}

function encode(code: number, length: number): number[] {
  if (length === 1) return [code];
  const bytes: number[] = [];
  let rest = code;
  for (let place = 1; place < length; place++) {
    bytes.unshift(0x80 | (rest & 0x3f));
    rest >>= 6;
  }
  const mark = (0xf00 >> length) & 0xff;
  return [mark | rest, ...bytes];
}
