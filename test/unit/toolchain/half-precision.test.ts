import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FLOAT16_MAX,
  float16ToFloat32,
  float32ToFloat16,
} from '../../../model-assets/toolchain/src/graph/half.ts';
import { viewBytes } from '../../../model-assets/toolchain/src/graph/tensor.ts';

/** Every value of 16 bits. */
const HALVES = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const isNan = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
const widen = (halves: Uint16Array): Float32Array => float16ToFloat32(viewBytes(halves));
const narrow = (...values: readonly number[]): number[] => [...float32ToFloat16(Float32Array.from(values))];

/** The definition of IEEE 754 binary16: 1 sign bit, 5 exponent bits of bias 15, 10 fraction bits. */
function meaningOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) % 32;
  const fraction = bits % 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0
    ? sign * 2 ** -14 * (fraction / 1024)
    : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

describe('half precision', () => {
  it('is widened to what its bits mean, all 65,536 of them', () => {
    expect(widen(HALVES)).toEqual(Float32Array.from(HALVES, meaningOf));
  });

  it('is what it was after widening and narrowing, all of them that are numbers', () => {
    const back = float32ToFloat16(widen(HALVES));
    const numbers = [...HALVES].filter((bits) => !isNan(bits));
    expect(numbers.filter((bits) => back[bits] !== bits)).toEqual([]);
    expect([...HALVES].filter((bits) => isNan(bits) && !isNan(back[bits] ?? 0))).toEqual([]);
  });

  it('takes the even one of two neighbours that are as near, and the nearer one on either side', () => {
    const finite = [...HALVES].filter((bits) => (bits & 0x7fff) < 0x7bff);
    const middles = finite.map((bits) => (meaningOf(bits) + meaningOf(bits + 1)) / 2);
    const even = finite.map((bits) => bits + (bits % 2));
    expect(narrow(...middles)).toEqual(even);
    const next = (value: number, up: boolean): number => {
      const float = Float32Array.of(value);
      const bits = new Uint32Array(float.buffer);
      bits[0] = (bits[0] ?? 0) + (up ? 1 : -1);
      return float[0] ?? 0;
    };
    expect(narrow(...middles.map((middle) => next(middle, true)))).toEqual(finite.map((bits) => bits + 1));
    expect(narrow(...middles.map((middle) => next(middle, false)))).toEqual(finite);
  });

  it('is infinite from the middle between its largest value and the next power of two on', () => {
    expect(narrow(FLOAT16_MAX, 65_519.996, 65_520, 1e30, -1e30, Number.POSITIVE_INFINITY)).toEqual([
      ...[0x7bff, 0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7c00],
    ]);
    expect(narrow(0, -0, 2 ** -25, 2 ** -24, 1e-40, -1e-40)).toEqual([0, 0x8000, 0, 1, 0, 0x8000]);
  });

  it('is the nearest of all halves to any number', () => {
    const finite = [...HALVES].filter((bits) => (bits & 0x7fff) < 0x7c00);
    const sorted = finite.map(meaningOf).sort((left, right) => left - right);
    const nearest = (value: number): number => {
      const above = sorted.findIndex((candidate) => candidate >= value);
      const neighbours = sorted.slice(Math.max(0, above - 1), above + 1);
      return Math.min(...neighbours.map((candidate) => Math.abs(candidate - value)));
    };
    const numbers = fc.float({ min: Math.fround(-65_504), max: Math.fround(65_504), noNaN: true });
    fc.assert(
      fc.property(numbers, (value) => {
        const [half = 0] = narrow(value);
        expect(Math.abs(meaningOf(half) - value)).toBe(nearest(value));
        expect(half >> 15).toBe(value < 0 || Object.is(value, -0) ? 1 : 0);
      }),
    );
  });
});
