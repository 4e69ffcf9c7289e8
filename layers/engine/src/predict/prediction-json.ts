/** Predictions as JSON: the numbers of a model as 32-bit floats, which they are. See ../math/ADR-float32-text.md. */
import { float32Text, MOST_BYTES, writeFloat32 } from '../math/float32-text.ts';

const [OPEN, CLOSE, COMMA] = [0x5b, 0x5d, 0x2c];
/** Numbers that are written before they become a part of the text. */
const NUMBERS_AT_ONCE = 1024;
const scratch = Buffer.alloc(NUMBERS_AT_ONCE * (MOST_BYTES + 1) + 2);

/**
 * Gives the same text as `JSON.stringify`, but for two things: whole numbers are written as they are, and all others with the digits of a
 * 32-bit float, 9 at most, which are read back as the same 32-bit float; and typed arrays of numbers are lists.
 */
export function predictionJson(value: unknown): string {
  return textOf(value) ?? 'null';
}

/** Nothing for what JSON leaves out. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return listText(value);
  if (Array.isArray(value)) return arrayText(value);
  if ('toJSON' in value) return JSON.stringify(value);
  let text = '{';
  for (const name of Object.keys(value)) {
    const own = textOf(Reflect.get(value, name));
    if (own === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${own}`;
  }
  return `${text}}`;
}

function numberText(value: number): string {
  return isWhole(value) ? String(value) : float32Text(value);
}

function arrayText(values: readonly unknown[]): string {
  if (isNumbers(values)) return listText(values);
  let text = '[';
  for (let i = 0; i < values.length; i++) text += `${i > 0 ? ',' : ''}${textOf(values[i]) ?? 'null'}`;
  return `${text}]`;
}

function isNumbers(values: readonly unknown[]): values is readonly number[] {
  if (typeof values[0] !== 'number') return false;
  return values.every((value) => typeof value === 'number');
}

function listText(values: ArrayLike<number>): string {
  if (values.length <= NUMBERS_AT_ONCE) return writeList(values, 0, values.length, true, true);
  let text = '';
  for (let from = 0; from < values.length; from += NUMBERS_AT_ONCE) {
    const to = Math.min(values.length, from + NUMBERS_AT_ONCE);
    text += writeList(values, from, to, from === 0, to === values.length);
  }
  return text;
}

function writeList(
  values: ArrayLike<number>,
  from: number,
  to: number,
  isFirst: boolean,
  isLast: boolean,
): string {
  let end = 0;
  if (isFirst) scratch[end++] = OPEN;
  for (let i = from; i < to; i++) {
    if (i > 0) scratch[end++] = COMMA;
    const value = values[i] ?? Number.NaN;
    end = isWhole(value)
      ? end + scratch.write(String(value), end, 'latin1')
      : writeFloat32(value, scratch, end);
  }
  if (isLast) scratch[end++] = CLOSE;
  return scratch.toString('latin1', 0, end);
}

/** Offsets and counts are whole and need not be 32-bit floats. Zero with a sign is a float of the model's. */
function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
