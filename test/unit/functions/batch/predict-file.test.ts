import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../functions/batch/src/file/formats.ts';
import {
  collectParts,
  NO_PROGRESS,
  type Part,
  type Progress,
} from '../../../../functions/batch/src/file/parts.ts';
import { predictFile } from '../../../../functions/batch/src/file/predict-file.ts';
import { collectWindows } from '../../../../functions/batch/src/file/windows.ts';
import { predictorOf } from '../../engine/fakes.ts';
import { chunksOf, collect, streamOf } from './arbitraries.ts';

interface Run {
  readonly partRows?: number;
  readonly from?: Progress;
  /** Where the bytes are cut on their way. */
  readonly places?: readonly number[];
}

function predict(name: string, content: Buffer, { partRows = 3, from = NO_PROGRESS, places = [] }: Run = {}) {
  return predictFile({
    read: (offset) => streamOf(chunksOf(content.subarray(offset), places)),
    format: detectFormat(name),
    options: { maxRowBytes: 200 },
    predictor: predictorOf(),
    parameters: { top_k: 1, function_to_apply: 'none' },
    partRows,
    from,
  });
}

/** Parts as far as they came, and the code of what ended the file early. */
async function outcome(name: string, content: Buffer, run?: Run) {
  const parts: Part[] = [];
  try {
    for await (const part of predict(name, content, run)) parts.push(part);
    return { parts, code: 'none' };
  } catch (error) {
    return { parts, code: error instanceof Error && 'code' in error ? error.code : error };
  }
}

const textOf = (parts: readonly Part[]) => parts.map(({ body }) => body.toString()).join('');
const linesOf = (parts: readonly Part[]) =>
  textOf(parts)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

it('a file gets an answer for every row in order, good or bad, with its id', async () => {
  const content = Buffer.from(
    `"b"\n{"id":"x","text":"bb"}\nnot json\n"${'y'.repeat(65)}"\n{"id":2,"text":9}\n`,
  );
  const lines = linesOf(await collect(predict('a.jsonl', content)));
  expect(lines).toEqual([
    { row: 0, output: [{ label: 'even', score: 98 }] },
    { row: 1, id: 'x', output: [{ label: 'even', score: 196 }] },
    { row: 2, error: { code: 'INVALID_JSON', message: 'The line is not valid JSON.' } },
    { row: 3, error: { code: 'INPUT_TOO_LONG', message: expect.stringContaining('The row has 65 tokens') } },
    { row: 4, id: 2, error: { code: 'INVALID_INPUT', message: expect.stringContaining('inputs') } },
  ]);
});

it('a file is cut into parts by rows, and each part says all that is known up to its end', async () => {
  const content = Buffer.from('"a"\n{\n"c"\n"d"\n');
  const parts = await collect(predict('a.jsonl', content, { partRows: 2 }));
  expect(parts).toMatchObject([
    {
      number: 0,
      progress: { parts: 1, position: { byte: 6, row: 2 }, rowsOut: 2, errors: { INVALID_JSON: 1 } },
    },
    {
      number: 1,
      progress: { parts: 2, position: { byte: 14, row: 4 }, rowsOut: 4, errors: { INVALID_JSON: 1 } },
    },
  ]);
});

it('a file without rows gives no part', async () => {
  expect(await collect(predict('a.jsonl', Buffer.alloc(0)))).toEqual([]);
});

it('a part ends at a gap and may be empty, so that a run can go on from there', async () => {
  const row = { input: 'a', end: 2, bytes: 1, row: 0 };
  const within = { byte: 90, row: 1, within: true } as const;
  const items = [row, { gap: { byte: 50, row: 1 } }, { gap: within }, { ...row, row: 1, end: 99 }];
  const parts = collectParts(
    collectWindows(streamOf([items]), { maxRows: 10, maxBytes: 100 }),
    async (rows) => rows.map(({ row }) => ({ line: `${row}\n` })),
    { rows: 10, bytes: 1000 },
    NO_PROGRESS,
  );
  expect(
    (await collect(parts)).map(({ number, body, progress }) => [number, `${body}`, progress.position]),
  ).toEqual([
    [0, '0\n', { byte: 50, row: 1 }],
    [1, '', within],
    [2, '1\n', { byte: 99, row: 2 }],
  ]);
});

const NAMES = ['a.jsonl', 'a.csv', 'a.txt', 'a.jsonl.gz', 'a.csv.gz'] as const;

/** Files that are broken in all the ways that we know. */
const hostile = fc.record({
  name: fc.constantFrom(...NAMES),
  pieces: fc.array(
    fc.oneof(
      fc.constantFrom(
        'text,id\n',
        '"a"',
        '{"text":"b","id":1}',
        '{"id":1e999,"text":"c"}',
        '{"text":"a","text":"d"}',
      ),
      fc.constantFrom('\n', '\r\n', '\n\n', '\ufeff', '"', '""', ',', ';', '{', '[[[[', '\0', '😀', '\ud83d'),
      fc.constantFrom(
        '12345678901234567890',
        'x'.repeat(70),
        'y'.repeat(300),
        '[{"a":[[{}]]}]',
        '{"text":{"a":[]}}',
      ),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 40 },
  ),
  cut: fc.option(fc.nat(400), { nil: undefined }),
});

function fileOf({
  name,
  pieces,
  cut,
}: {
  name: string;
  pieces: readonly (string | Buffer)[];
  cut: number | undefined;
}) {
  const plain = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  const whole = name.endsWith('.gz') ? gzipSync(plain) : plain;
  return cut === undefined ? whole : whole.subarray(0, cut);
}

describe('on 500 broken files', () => {
  it('accounts for every row, ends, and gives the same however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.array(fc.nat(300), { maxLength: 4 }), async (file, places) => {
        const content = fileOf(file);
        const { parts, code } = await outcome(file.name, content);
        const lines = linesOf(parts);
        expect(lines.map(({ row }) => row)).toEqual(lines.map((_, row) => row));
        const last = parts.at(-1)?.progress ?? NO_PROGRESS;
        expect([last.position.row, last.rowsOut]).toEqual([lines.length, lines.length]);
        const failed = lines.filter(({ error }) => error !== undefined).length;
        expect(Object.values(last.errors).reduce((sum, rows) => sum + rows, 0)).toBe(failed);
        expect(['none', 'BROKEN_GZIP', 'NOT_UTF8', 'COLUMN_NOT_FOUND', 'COLUMN_NOT_UNIQUE']).toContain(code);
        const again = await outcome(file.name, content, { places });
        expect([textOf(again.parts), again.code]).toEqual([textOf(parts), code]);
      }),
      { numRuns: 500 },
    );
  });

  it('goes on after any part as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.nat(), async (file, pick) => {
        const content = fileOf(file);
        const { parts, code } = await outcome(file.name, content);
        const at = parts.length === 0 ? 0 : pick % parts.length;
        const from = parts[at]?.progress ?? NO_PROGRESS;
        const rest = await outcome(file.name, content, { from });
        expect(rest.code).toBe(code);
        expect(rest.parts.map(({ number, body }) => [number, body.toString()])).toEqual(
          parts.slice(parts.length === 0 ? 0 : at + 1).map(({ number, body }) => [number, body.toString()]),
        );
      }),
      { numRuns: 200 },
    );
  });
});
