import { float32Text } from '@pilotlight/engine/internal/math/float32-text';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// numpy 2.4.6: [bits, format_float_scientific(float32, unique=True, trim='-')] of extremes, powers of two, random bits, and a normal distribution.
import numpyTexts from '../../fixtures/float32-numpy.json' with { type: 'json' };

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
function fromBits(pattern: number): number {
  bits[0] = pattern;
  return float[0] ?? Number.NaN;
}
const finiteBits = fc.integer({ min: 0, max: 0xffff_ffff }).filter((b) => Number.isFinite(fromBits(b)));
const runs = { numRuns: 20_000 };

describe('the text of a 32-bit float', () => {
  it('has the digits that numpy gives it', () => {
    for (const [pattern, text] of numpyTexts) {
      const ours = float32Text(fromBits(Number(pattern)));
      expect(Number(ours).toString(), `bits ${pattern}`).toBe(Number(text).toString());
    }
    expect(numpyTexts.length).toBe(380);
  });

  it('is read back as the same bits, for any bits', () => {
    fc.assert(
      fc.property(finiteBits, (pattern) => {
        const value = fromBits(pattern);
        expect(Math.fround(Number(float32Text(value)))).toBe(value);
      }),
      runs,
    );
  });

  it('is written as JSON writes the number of these digits', () => {
    fc.assert(
      fc.property(finiteBits, (pattern) => {
        fc.pre(pattern !== 0x8000_0000);
        const text = float32Text(fromBits(pattern));
        expect(text).toBe(JSON.stringify(Number(text)));
      }),
      runs,
    );
  });

  it('has no digit that could be left out', () => {
    fc.assert(
      fc.property(finiteBits, (pattern) => {
        const value = fromBits(pattern);
        fc.pre(value !== 0);
        const shown = float32Text(value)
          .replace(/e.*|[.-]/g, '')
          .replace(/^0+|0+$/g, '');
        const shorter = value.toPrecision(Math.max(1, shown.length - 1));
        expect(shown.length).toBeLessThanOrEqual(9);
        expect(shown.length === 1 || Math.fround(Number(shorter)) !== value).toBe(true);
      }),
      runs,
    );
  });

  it.each([
    [0x0000_0001, '1e-45'],
    [0x8000_0000, '-0.0'],
    [0x7f7f_ffff, '3.4028235e+38'],
    [0x0080_0000, '1.1754944e-38'],
    [0x3f7f_ffff, '0.99999994'],
    [0x3727_c5ac, '0.00001'],
    [0x33d6_bf95, '1e-7'],
    [0x60ad_78ec, '100000000000000000000'],
    [0x0f80_0000, '1.2621775e-29'],
    [0x6b00_0000, '1.5474251e+26'],
  ])('of the bits %i is %s', (pattern, text) => {
    expect(float32Text(fromBits(pattern))).toBe(text);
  });

  it('is that of the nearest float where a number is none', () => {
    expect(float32Text(0.1)).toBe('0.1');
    expect(float32Text(1 / 3)).toBe('0.33333334');
    expect(float32Text(Number.NaN)).toBe('null');
    expect(float32Text(1e39)).toBe('null');
  });
});

describe('JSON of predictions', () => {
  const json = fc.jsonValue({ noUnicodeString: false });

  it('is what JSON.stringify gives, once numbers are those of 32-bit floats', () => {
    const read = (text: string): unknown =>
      JSON.parse(text, (_, value) => (typeof value === 'number' ? toFloat(value) : value));
    fc.assert(
      fc.property(json, (value) => {
        expect(read(predictionJson(value))).toEqual(read(JSON.stringify(value)));
      }),
    );
  });

  it('leaves whole numbers as they are, alone and in lists', () => {
    const value = { tokens: 16_777_217, spans: [[0, 123_456_791]], bytes: [2 ** 40 + 1, 0.5], index: 0 };
    expect(predictionJson(value)).toBe(JSON.stringify(value));
  });

  it('leaves out what JSON leaves out', () => {
    const value = {
      none: undefined,
      list: [undefined, null, true],
      made: () => 1,
      date: new Date(0),
      'a"b': '\n',
    };
    expect(predictionJson(value)).toBe(JSON.stringify(value));
    expect(predictionJson(undefined)).toBe('null');
    expect(predictionJson([])).toBe('[]');
    expect(predictionJson({})).toBe('{}');
    expect(predictionJson([1, 'a', 0.25])).toBe('[1,"a",0.25]');
    expect(predictionJson([0.25, Number.NaN])).toBe('[0.25,null]');
  });

  it('keeps the bits of a vector of any length', () => {
    for (const length of [1, 384, 1023, 1024, 1025, 5000]) {
      const vector = Float32Array.from({ length }, (_, i) => Math.sin(i + 1) / 10);
      expect(Float32Array.from(JSON.parse(predictionJson(vector)))).toEqual(vector);
      expect(predictionJson([...vector])).toBe(predictionJson(vector));
    }
  });

  it('keeps the sign of zero', () => {
    expect(predictionJson([-0, 0])).toBe('[-0.0,0]');
    expect(predictionJson({ score: -0 })).toBe('{"score":-0.0}');
  });

  it('takes a third less room than JSON.stringify for a vector', () => {
    const vector = Array.from({ length: 384 }, (_, i) => Math.fround(Math.sin(i * 7 + 1) / 10));
    expect(predictionJson(vector).length).toBeLessThan(JSON.stringify(vector).length * 0.66);
  });
});

/** JSON has no infinite numbers, and `JSON.stringify` leaves out the sign of zero. */
function toFloat(value: number): number | null {
  const rounded = Math.fround(value);
  return Number.isFinite(rounded) ? rounded + 0 : null;
}
