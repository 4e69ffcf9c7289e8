/** Bodies of SageMaker's clients that are not JSON: CSV as Hugging Face's containers read it, and JSON Lines. */
import { PilotlightError } from '@pilotlight/engine';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readCsv } from '../../../functions/app/src/formats/sagemaker/csv.ts';
import { readJsonLines, writeJsonLines } from '../../../functions/app/src/formats/sagemaker/json-lines.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { fakeApp, fakeEngine, post } from './fake-engine.ts';

const read = (text: string | Uint8Array) => readCsv(Buffer.from(text), DEFAULT_LIMITS);
const csv = (text: string | Uint8Array): unknown[] => {
  const { inputs, otherwise } = read(text);
  if (otherwise) throw otherwise;
  return z.array(z.unknown()).parse(inputs);
};
const lines = (text: string) =>
  readJsonLines(Buffer.from(text), DEFAULT_LIMITS, (bytes) => JSON.parse(Buffer.from(bytes).toString()));

describe('a body of CSV', () => {
  it('gives the column inputs, whatever stands beside it', () => {
    expect(csv('id,inputs\n1,"a, ""b"""\n2,\n')).toEqual(['a, "b"', '']);
    expect(csv('\ufefftext\r\na\r\n\r\nb')).toEqual(['a', 'b']);
  });

  it('gives one input a record where the columns are parts of one', () => {
    expect(csv('question,context\nwho,"Ada\nwrote"\n')).toEqual([{ question: 'who', context: 'Ada\nwrote' }]);
    expect(csv('text,text_pair\na,b\n')).toEqual([{ text: 'a', text_pair: 'b' }]);
  });

  it('gives the fields of a predictor, which a model of texts refuses', () => {
    expect(read('premise,hypothesis\na,b\n')).toMatchObject({
      inputs: [{ premise: 'a', hypothesis: 'b' }],
      isPredictors: true,
      otherwise: { code: 'INVALID_INPUT' },
    });
  });

  it('gives the fields that csv-parse gives', () => {
    const field = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'é', '😀'),
      maxLength: 8,
    });
    const quoted = field.map((text) => `"${text.replaceAll('"', '""')}"`);
    fc.assert(
      fc.property(fc.array(fc.tuple(quoted, quoted), { minLength: 1, maxLength: 10 }), (rows) => {
        const text = ['question,context', ...rows.map((row) => row.join(','))].join('\n');
        expect(csv(text)).toEqual(parse(text, { columns: true, record_delimiter: ['\n', '\r\n'] }));
      }),
    );
  });

  it('is refused, and nothing else, whatever it holds', () => {
    const text = fc.string({
      unit: fc.constantFrom('inputs', 'text', ',', '"', '\n', '\r', 'a', '\0'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (given) => {
        try {
          expect(csv(given).length).toBeGreaterThan(0);
        } catch (error) {
          expect(PilotlightError.is(error), String(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', /must not be empty/],
    ['inputs\n', /must not be empty/],
    ['I love this\nbad\n', /must begin with the names of the columns: inputs/],
    ['inputs,id\na\n', /row 0: has 1 fields, the header has 2/],
    ['inputs\n"a\n', /quote out of order/],
    [`inputs\n${'a\n'.repeat(257)}`, /257 inputs/],
  ])('is refused with the reason: %j', (text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  it('is refused where it is not UTF-8', () => {
    expect(() => csv(Uint8Array.of(0x69, 0xff))).toThrow(/not valid UTF-8/);
  });

  it('costs time that grows with its length alone', () => {
    const shapes = [
      (n: number) => `inputs\n"${'""'.repeat(n / 2)}`,
      (n: number) => `inputs\n${'"'.repeat(n)}`,
      (n: number) => `inputs\n${'\n'.repeat(n)}`,
      (n: number) => `inputs\n${','.repeat(n)}`,
    ];
    for (const shape of shapes) {
      const text = shape(2_000_000);
      const before = process.cpuUsage();
      expect(() => {
        csv(text);
        throw new RangeError('it was read');
      }).toThrow(/it was read|must not be empty|more than 100 fields|quote/);
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
    }
  });
});

describe('a body of JSON Lines', () => {
  it('has an input on each line, in an object or as it is', () => {
    expect(lines('{"inputs":"a"}\n"b"\n\n  \n{"question":"q","context":"c"}\r\n')).toEqual({
      inputs: ['a', 'b', { question: 'q', context: 'c' }],
    });
  });

  it('of one line is a body of its own, with parameters', () => {
    const body = { inputs: 'a', parameters: { top_k: 1 } };
    expect(lines(`${JSON.stringify(body)}\n`)).toEqual(body);
    expect(lines('"a"')).toEqual({ inputs: 'a' });
  });

  it.each([
    ['\n \n', /must not be empty/],
    ['{"inputs":"a"}\n{"inputs":"b","parameters":{}}', /\[1\]\.parameters: goes with a single line only/],
    ['1,2\n3', /one JSON value on each line/],
    ['[1\n2]', /one JSON value on each line/],
    ['"a"\n'.repeat(257), /257 inputs/],
  ])('is refused with the reason: %j', (text, message) => {
    expect(() => lines(text)).toThrow(message);
  });

  it('is answered line by line where that is asked for, and as a list where it is not', async () => {
    const body = '"a"\n"b"\n';
    const app = fakeApp({ engine: fakeEngine() });
    const ask = (headers: Record<string, string>) =>
      app.request(
        '/endpoints/sentiment/invocations',
        post(body, { 'content-type': 'application/jsonlines', ...headers }),
      );
    const listed = await ask({});
    const inLines = await ask({ accept: 'application/jsonlines' });
    const results: unknown[] = JSON.parse(await listed.text());
    expect(inLines.headers.get('content-type')).toBe('application/jsonlines');
    expect(await inLines.text()).toBe(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  });

  it('gives a result that is no list one line', () => {
    const { body } = writeJsonLines({ answer: 'a' }, false);
    expect(Buffer.from(body).toString()).toBe('{"answer":"a"}\n');
  });
});
