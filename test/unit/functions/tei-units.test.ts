/** The units in which TEI counts: bytes for offsets, characters for its headers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCharacters, predictionHeaders } from '../../../functions/app/src/formats/inference-headers.ts';
import { toBytes } from '../../../functions/app/src/formats/tei/utf8-offsets.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\n', 'e\u0301') });

describe('an offset of TEI', () => {
  it('is the number of bytes of UTF-8 before it, wherever a character begins', () => {
    fc.assert(
      fc.property(text, (given) => {
        const position = toBytes(given);
        let unit = 0;
        for (const character of given) {
          expect(position(unit)).toBe(Buffer.byteLength(given.slice(0, unit)));
          unit += character.length;
        }
        expect(position(unit)).toBe(Buffer.byteLength(given));
      }),
    );
  });

  it('inside of a surrogate pair is where the pair begins, and a lone surrogate has three bytes', () => {
    expect(toBytes('a😀b')(2)).toBe(1);
    expect([0, 1, 2].map(toBytes('\ud800a'))).toEqual([0, 3, 4]);
  });
});

describe('the characters of a call', () => {
  it('are the code points of its texts, and one for each id', () => {
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const expected = texts.reduce((sum, given) => sum + [...given].length, 0);
        expect(countCharacters(texts)).toBe(expected);
        expect(countCharacters([texts, { tokens: [1, 2, 3] }])).toBe(expected + 3);
      }),
    );
  });
});

describe('the headers of a prediction on the routes of TEI', () => {
  it('have whole milliseconds, rounded down as TEI does', () => {
    const headers = predictionHeaders(
      {
        model: 'm',
        version: '1.0.0',
        variant: 'fp32',
        route: 'teiEmbed',
        inputs: 1,
        timings: { tokenizeMs: 1.9, queueMs: 0.4, inferMs: 12.5, postprocessMs: 1 },
        totalMs: 15.99,
        tokens: { total: 5, padded: 0, truncated: 0 },
      },
      7,
      'gpu',
    );
    expect(headers).toEqual({
      'x-compute-type': 'gpu+optimized',
      'x-compute-characters': '7',
      'x-compute-time': '15',
      'x-total-time': '15',
      'x-tokenization-time': '1',
      'x-queue-time': '0',
      'x-inference-time': '12',
    });
  });
});
