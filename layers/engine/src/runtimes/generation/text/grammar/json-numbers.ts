/** Numbers of JSON within bounds, as texts without an exponent. */
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';

/** Bounds of a number; both belong to it. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** @default - the bounds belong to the numbers */
  readonly exclusiveMin?: number | undefined;
  readonly exclusiveMax?: number | undefined;
}

/** Digits of a whole part and of a fraction: a double keeps 15 of them together. */
const WHOLE_DIGITS = 15;
const FRACTION_DIGITS = 10;
/** Whole numbers beyond are not told apart by a double. */
const LARGEST = 10 ** WHOLE_DIGITS - 1;

const digit = (expressions: Expressions, first: number, last = first): Expression =>
  expressions.bytes([[0x30 + first, 0x30 + last]]);

export function integersWithin(expressions: Expressions, bounds: Bounds): Expression {
  const { min = -LARGEST, max = LARGEST, exclusiveMin = -Infinity, exclusiveMax = Infinity } = bounds;
  const first = Math.max(Math.ceil(min), Math.floor(exclusiveMin) + 1, -LARGEST);
  const last = Math.min(Math.floor(max), Math.ceil(exclusiveMax) - 1, LARGEST);
  return expressions.either([
    signed(expressions, Math.max(0, first), last, '', expressions.end),
    signed(expressions, Math.max(1, -last), -first, '-', expressions.end),
  ]);
}

/**
 * Numbers with or without a fraction. Where a bound has a fraction, or does not belong, numbers next to it have as many places as the
 * bound, and one at least: what lies between two of them is left out.
 */
export function numbersWithin(expressions: Expressions, bounds: Bounds): Expression {
  const fraction = expressions.sequence([
    expressions.text('.'),
    expressions.repeat(digit(expressions, 0, 9), 1, FRACTION_DIGITS),
  ]);
  const { min = -Infinity, max = Infinity, exclusiveMin = -Infinity, exclusiveMax = Infinity } = bounds;
  const [low, high] = [Math.max(min, exclusiveMin), Math.min(max, exclusiveMax)];
  // Whole numbers n such that n and all up to n + 1 lie within; a double may round what is below n + 1 up to it.
  const first = exclusiveMin >= min ? Math.floor(low) + 1 : Math.ceil(low);
  const last = exclusiveMax <= max ? Math.ceil(high) - 2 : Math.floor(high) - 1;
  const given = [min, max, exclusiveMin, exclusiveMax].filter(Number.isFinite);
  const places = Math.max(1, ...given.map(countPlaces));
  return expressions.either([
    integersWithin(expressions, bounds),
    signed(expressions, Math.max(0, first), Math.min(LARGEST, last), '', fraction),
    // Those of -n - 1 and all up to -n, away from zero.
    signed(expressions, Math.max(0, -last - 1), Math.min(LARGEST, -first - 1), '-', fraction),
    given.length === 0
      ? expressions.nothing
      : withPlaces(expressions, scaledBounds(bounds, 10 ** places), places),
  ]);
}

const countPlaces = (value: number): number =>
  /\.(\d{1,6})/.exec(value.toFixed(6).replace(/0+$/, ''))?.[1]?.length ?? 0;

function scaledBounds(
  { min, max, exclusiveMin, exclusiveMax }: Bounds,
  scale: number,
): readonly [number, number] {
  const round = (value: number) => Math.round(value * scale * 1e3) / 1e3;
  const lows = [
    ...(min === undefined ? [] : [Math.ceil(round(min))]),
    ...(exclusiveMin === undefined ? [] : [Math.floor(round(exclusiveMin)) + 1]),
  ];
  const highs = [
    ...(max === undefined ? [] : [Math.floor(round(max))]),
    ...(exclusiveMax === undefined ? [] : [Math.ceil(round(exclusiveMax)) - 1]),
  ];
  return [Math.max(-LARGEST, ...lows), Math.min(LARGEST, ...highs)];
}

function signed(
  expressions: Expressions,
  first: number,
  last: number,
  sign: string,
  end: Expression,
): Expression {
  if (first > last) return expressions.nothing;
  return expressions.sequence([expressions.text(sign), unsigned(expressions, first, last), end]);
}

/** Numbers of exactly so many places, whose digits without the point lie within bounds. */
function withPlaces(
  expressions: Expressions,
  [first, last]: readonly [number, number],
  places: number,
): Expression {
  const scale = 10 ** places;
  const wholes = (low: number, high: number, sign: string): Expression[] => {
    if (low > high) return [];
    const [start, end] = [Math.floor(low / scale), Math.floor(high / scale)];
    const part = (whole: number, from: number, to: number) =>
      expressions.sequence([expressions.text(`${sign}${whole}.`), padded(expressions, from, to, places)]);
    if (start === end) return [part(start, low - start * scale, high - start * scale)];
    return [
      part(start, low - start * scale, scale - 1),
      part(end, 0, high - end * scale),
      ...(start + 1 <= end - 1
        ? [
            expressions.sequence([
              expressions.text(sign),
              unsigned(expressions, start + 1, end - 1),
              expressions.text('.'),
              expressions.repeat(digit(expressions, 0, 9), places, places),
            ]),
          ]
        : []),
    ];
  };
  return expressions.either([
    ...wholes(Math.max(0, first), last, ''),
    ...wholes(Math.max(1, -last), -first, '-'),
  ]);
}

/** Whole numbers from `first` to `last`, neither of them negative, without zeros in front. */
function unsigned(expressions: Expressions, first: number, last: number): Expression {
  const options: Expression[] = [];
  for (let low = first; low <= last; ) {
    const digits = String(low).length;
    const high = Math.min(last, 10 ** digits - 1);
    options.push(padded(expressions, low, high, digits));
    low = 10 ** digits;
  }
  return expressions.either(options);
}

/** Numbers from `first` to `last` written with so many digits. */
function padded(expressions: Expressions, first: number, last: number, digits: number): Expression {
  if (digits === 0) return expressions.end;
  const scale = 10 ** (digits - 1);
  if (first === 0 && last === 10 * scale - 1)
    return expressions.repeat(digit(expressions, 0, 9), digits, digits);
  const [start, end] = [Math.floor(first / scale), Math.floor(last / scale)];
  const part = (lead: number, leadEnd: number, from: number, to: number) =>
    expressions.sequence([digit(expressions, lead, leadEnd), padded(expressions, from, to, digits - 1)]);
  if (start === end) return part(start, start, first - start * scale, last - start * scale);
  return expressions.either([
    part(start, start, first - start * scale, scale - 1),
    part(end, end, 0, last - end * scale),
    ...(start + 1 <= end - 1 ? [part(start + 1, end - 1, 0, scale - 1)] : []),
  ]);
}
