import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../functions/batch/src/file/formats.ts';
import { START } from '../../../../functions/batch/src/file/position.ts';
import { type ReadOptions, readRows } from '../../../../functions/batch/src/file/read-rows.ts';
import type { TaskName } from '../../../../model-assets/format/src/tasks.ts';
import { collect, streamOf } from './arbitraries.ts';

interface Options extends ReadOptions {
  readonly task?: TaskName;
  readonly encoding?: string;
}

async function rows(
  name: string,
  content: string | Buffer,
  { task = 'text-classification', encoding, ...options }: Options = {},
) {
  const bytes = Buffer.from(content);
  const read = (from: number) => streamOf([bytes.subarray(from)]);
  const source = { read, format: detectFormat(name, encoding), task, from: START };
  return (await collect(readRows({ ...source, options: { maxRowBytes: 1000, ...options } }))).flat();
}

describe('.jsonl', () => {
  it.each([
    ['"a text"', { input: 'a text' }],
    ['{"text":"a"}', { input: 'a' }],
    ['{"id":"x","inputs":"a"}', { id: 'x', input: 'a' }],
    ['{"id":7,"text":"a","more":[1]}', { id: 7, input: 'a' }],
    ['{"id":null,"text":"a"}', { input: 'a' }],
    ['{"text":"a","text_pair":"b"}', { input: { text: 'a', text_pair: 'b' } }],
    ['{"text":"a","text":"b"}', { input: 'b' }],
    ['{"text":7}', { input: 7 }],
    ['{"text":"a","text_pair":null}', { input: 'a' }],
    ['{"text":"a","inputs":null}', { input: 'a' }],
    ['{"text":"good","question":"who?","context":"x"}', { input: 'good' }],
    ['\ufeff"a"', { input: 'a' }],
    ['{', { error: { code: 'INVALID_JSON' } }],
    ['"\0"', { error: { code: 'INVALID_JSON' } }],
    ['[1]', { error: { code: 'INVALID_ROW' } }],
    ['null', { error: { code: 'INVALID_ROW' } }],
    ['{"id":1}', { id: 1, error: { code: 'INVALID_ROW' } }],
    ['{"text":null}', { error: { code: 'INVALID_ROW', message: expect.stringContaining('"text"') } }],
    ['{"text_pair":"b"}', { error: { code: 'INVALID_ROW' } }],
    ['{"id":12345678901234567890,"text":"a"}', { error: { code: 'INVALID_ROW' } }],
    ['{"id":1e999,"text":"a"}', { error: { code: 'INVALID_ROW' } }],
    ['{"id":{},"text":"a"}', { error: { code: 'INVALID_ROW' } }],
  ])('%s', async (line, expected) => {
    expect(await rows('a.jsonl', line)).toMatchObject([{ row: 0, ...expected }]);
  });

  it('counts rows from 0, without empty lines', async () => {
    expect(await rows('a.jsonl', '"a"\n\n  \r\n"b"\r\n')).toMatchObject([
      { row: 0, input: 'a' },
      { row: 1, input: 'b' },
    ]);
  });

  it('refuses a row that is not UTF-8, alone', async () => {
    const content = Buffer.concat([Buffer.from('"a"\n"'), Buffer.of(0xff), Buffer.from('"\n"b"\n')]);
    expect(await rows('a.jsonl', content)).toMatchObject([
      { input: 'a' },
      { error: { code: 'INVALID_UTF8' } },
      { row: 2, input: 'b' },
    ]);
  });

  it('refuses a row that is too long, alone, with the limit', async () => {
    expect(await rows('a.jsonl', `"a"\n"${'x'.repeat(1000)}"\n"b"`)).toMatchObject([
      { input: 'a' },
      { error: { code: 'ROW_TOO_LONG', message: expect.stringContaining('1000 bytes') } },
      { row: 2, input: 'b' },
    ]);
  });

  it('refuses a file of UTF-16 as a whole', async () => {
    const content = Buffer.from('\ufeff"a"\n', 'utf16le');
    await expect(rows('a.jsonl', content)).rejects.toMatchObject({ code: 'NOT_UTF8' });
  });
});

describe('.csv', () => {
  it('takes texts and ids by the names of columns', async () => {
    const csv = 'id,stars,review\r\nx,5,"good, really"\r\ny,1,"bad\nbad"\r\n';
    expect(await rows('a.csv', csv, { column: 'review' })).toMatchObject([
      { row: 0, id: 'x', input: 'good, really' },
      { row: 1, id: 'y', input: 'bad\nbad' },
    ]);
  });

  it('takes fields that belong together by their names', async () => {
    expect(await rows('a.csv', 'question,context\nq,c', { task: 'question-answering' })).toMatchObject([
      { input: { question: 'q', context: 'c' } },
    ]);
  });

  it('takes another delimiter', async () => {
    const csv = '\ufefftext;n\na, b;1';
    expect(await rows('a.csv', csv, { delimiter: ';' })).toMatchObject([{ input: 'a, b' }]);
  });

  it('refuses rows whose fields or quotes are not in order, alone', async () => {
    expect(await rows('a.csv', 'text,n\na,b,3\n"a"b,1\nok,1\nshort')).toMatchObject([
      { error: { code: 'INVALID_CSV', message: 'The row has 3 fields, the header has 2.' } },
      { error: { code: 'INVALID_CSV' } },
      { row: 2, input: 'ok' },
      { error: { code: 'INVALID_CSV' } },
    ]);
  });

  it('refuses a file without the column, with the nearest one', async () => {
    await expect(rows('a.csv', 'txt,n\na,1')).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      message: expect.stringContaining('"txt"'),
    });
  });

  it.each(['', 'text,n\n', '\n\n'])('has no rows in %j', async (csv) => {
    expect(await rows('a.csv', csv)).toEqual([]);
  });
});

it('every line of a .txt file is a text as it stands', async () => {
  expect(await rows('a.TXT', '"a", b\n{"text":1}\n')).toMatchObject([
    { input: '"a", b' },
    { input: '{"text":1}' },
  ]);
});

it('a file with another ending is refused, with the endings that there are', () => {
  expect(() => detectFormat('a.parquet')).toThrow('.jsonl, .jsonl.gz, .csv, .csv.gz or .txt');
});
