/**
 * The shortest decimal text of a 32-bit float: the fewest digits (9 at most) that are read back as the same float, and among those
 * the nearest to it, as Ryu, Dragon4 and numpy's `repr` write it. In the notation of JavaScript, which is JSON. See ADR-float32-text.md.
 */

/** A sign, nine digits, and zeros before or behind them up to 21: no text is longer. */
export const MOST_BYTES = 24;

const [ZERO, POINT, MINUS, PLUS, EXPONENT] = [0x30, 0x2e, 0x2d, 0x2b, 0x65];
/** 17 significant bits less than a double: each digit that is kept or not is decided without an error of rounding. */
const MOST_DIGITS = 9;
/** Most floats have so many digits, so the search starts here. */
const USUAL_DIGITS = 8;
const LOG10_OF_2 = Math.log10(2);
/** Powers of ten up to here are exact as doubles, so that one multiplication or division by them is rounded once. */
const EXACT_POWER = 22;
const LEAST_EXPONENT = MOST_DIGITS - 1 - EXACT_POWER;
const EXPONENT_BIAS = 127;
const EXPONENT_AT = 23;
/** Floats span 1e-45 to 3.4e38. `POWERS[i]` is 10 to the power of `i - POWER_OF_FIRST`. */
const POWER_OF_FIRST = 46;
const POWERS = Float64Array.from({ length: 86 }, (_, i) => Number(`1e${i - POWER_OF_FIRST}`));
const power = (exponent: number): number => POWERS[exponent + POWER_OF_FIRST] ?? Number.NaN;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const scratch = new Uint8Array(MOST_BYTES);

/** The digits of the last search as a whole number; `decimals` of them stand behind the point (less than none: zeros follow). */
let digits = 0;
let decimals = 0;

/** The text of the 32-bit float that is nearest to `value`; `null`, as JSON has it, for what is no number or infinite. */
export function float32Text(value: number): string {
  const end = writeFloat32(value, scratch, 0);
  let text = '';
  for (let i = 0; i < end; i++) text += String.fromCharCode(scratch[i] ?? ZERO);
  return text;
}

/** Writes that text as ASCII from `at` on, where `MOST_BYTES` are free, and returns where it ends. */
export function writeFloat32(value: number, bytes: Uint8Array, at: number): number {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) return writeText('null', bytes, at);
  let next = at;
  if (rounded < 0 || Object.is(rounded, -0)) bytes[next++] = MINUS;
  // Python reads -0 as an integer, which has no sign.
  if (rounded === 0) return writeText(next > at ? '0.0' : '0', bytes, next);
  const size = Math.abs(rounded);
  if (!search(size)) searchSlowly(size);
  return writeDecimal(bytes, next);
}

/**
 * Finds the digits of a positive float by arithmetic of doubles, each step of which is exact or rounded once. False where it cannot
 * tell: powers of ten that are not exact would be needed, or two texts are equally near.
 */
function search(size: number): boolean {
  float[0] = size;
  // The exponent of a subnormal number is lower than this says, but such a number is outside the range in any case.
  let exponent = Math.floor((((bits[0] ?? 0) >>> EXPONENT_AT) - EXPONENT_BIAS) * LOG10_OF_2);
  if (size >= power(exponent + 1)) exponent += 1;
  if (exponent < LEAST_EXPONENT || exponent > EXACT_POWER) return false;
  let count = USUAL_DIGITS;
  let found = 0;
  for (;;) {
    const scale = count - 1 - exponent;
    const scaled = scale >= 0 ? size * power(scale) : size / power(-scale);
    const whole = Math.floor(scaled);
    const rest = scaled - whole;
    if (rest === 0.5) return false;
    const near = rest > 0.5 ? whole + 1 : whole;
    const read = scale >= 0 ? near / power(scale) : near * power(-scale);
    if (Math.fround(read) !== size) {
      if (found > 0) break;
      if (count === MOST_DIGITS) return false;
      count += 1;
      continue;
    }
    found = count;
    // A small integer in V8's eyes, which costs no allocation.
    digits = near | 0;
    decimals = scale;
    if (count === MOST_DIGITS || count === 1) break;
    count -= 1;
  }
  // A number just below a power of ten may have been rounded to it.
  if (digits === power(found)) {
    digits = 1;
    decimals -= found;
  }
  return true;
}

/** Finds the digits of any positive float. `toExponential` is exact, and slow. */
function searchSlowly(size: number): void {
  for (let count = 1; count <= MOST_DIGITS; count++) {
    const [written = '', exponent = ''] = size.toExponential(count - 1).split('e');
    decimals = count - 1 - Number(exponent);
    const nearest = Number(written.replace('.', ''));
    // The floats below a power of two are half as far apart as those above it, so that the nearest text may be read as another float,
    // and the next one above not.
    for (digits = nearest; digits <= nearest + 1; digits++) {
      if (Math.fround(Number(`${digits}e${-decimals}`)) === size) return;
    }
  }
}

/** Writes the digits as `Number.prototype.toString` places them: https://tc39.es/ecma262/#sec-numeric-types-number-tostring */
function writeDecimal(bytes: Uint8Array, at: number): number {
  while (digits % 10 === 0) {
    digits /= 10;
    decimals -= 1;
  }
  let count = 1;
  while (power(count) <= digits) count += 1;
  const point = count - decimals;
  if (point > 21 || point <= -6) return writeScientific(bytes, at, count, point - 1);
  if (point <= 0) {
    bytes[at] = ZERO;
    bytes[at + 1] = POINT;
    return writeDigits(digits, bytes, writeZeros(bytes, at + 2, at + 2 - point), count);
  }
  if (point < count) return writeSplit(bytes, at, count, point);
  return writeZeros(bytes, writeDigits(digits, bytes, at, count), at + point);
}

function writeScientific(bytes: Uint8Array, at: number, count: number, exponent: number): number {
  let end = count === 1 ? writeDigits(digits, bytes, at, 1) : writeSplit(bytes, at, count, 1);
  bytes[end++] = EXPONENT;
  bytes[end++] = exponent < 0 ? MINUS : PLUS;
  const size = Math.abs(exponent);
  return writeDigits(size, bytes, end, size < 10 ? 1 : 2);
}

/** Writes the digits with a point after the first `point` of them. */
function writeSplit(bytes: Uint8Array, at: number, count: number, point: number): number {
  writeDigits(digits, bytes, at + 1, count);
  for (let i = at; i < at + point; i++) bytes[i] = bytes[i + 1] ?? ZERO;
  bytes[at + point] = POINT;
  return at + 1 + count;
}

/** `fill` would cost more than the digits do. */
function writeZeros(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) bytes[i] = ZERO;
  return to;
}

function writeDigits(whole: number, bytes: Uint8Array, at: number, count: number): number {
  let rest = whole | 0;
  for (let i = at + count - 1; i >= at; i--) {
    const left = (rest / 10) | 0;
    bytes[i] = ZERO + rest - left * 10;
    rest = left;
  }
  return at + count;
}

function writeText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
