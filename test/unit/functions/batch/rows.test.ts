import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../functions/batch/src/file/formats.ts';
import { START } from '../../../../functions/batch/src/file/position.ts';
import { type ReadOptions, readRows } from '../../../../functions/batch/src/file/read-rows.ts';
import type { TaskName } from '../../../../model-assets/format/src/tasks.ts';
import { chunksOf, collect, streamOf } from './arbitraries.ts';

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

  it.each(['\ufeff"a"\n', '"a"\n'])('refuses a file of UTF-16 as a whole: %j', async (text) => {
    const content = Buffer.from(text, 'utf16le');
    await expect(rows('a.jsonl', content)).rejects.toMatchObject({ code: 'NOT_UTF8' });
    await expect(rows('a.txt', content.swap16())).rejects.toMatchObject({ code: 'NOT_UTF8' });
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

  it('has no value in an empty field, unless that is all of the input', async () => {
    expect(await rows('a.csv', 'id,text,text_pair\n1,a,\n,a,b\n2,,b\n')).toMatchObject([
      { id: '1', input: 'a' },
      { row: 1, input: { text: 'a', text_pair: 'b' } },
      { id: '2', error: { code: 'INVALID_ROW' } },
    ]);
    const [row] = await rows('a.csv', 'id,text\n,\n');
    expect(row).toEqual({ row: 0, input: '', end: 10, bytes: 1 });
  });

  it('takes another delimiter', async () => {
    const csv = '\ufefftext;n\na, b;1';
    expect(await rows('a.csv', csv, { delimiter: ';' })).toMatchObject([{ input: 'a, b' }]);
  });

  it('has line breaks in quotes in the name of its first column, with a byte order mark too', async () => {
    const csv = '\ufeff"the\nid",text\n"1, 2",a\n\ufeff"3\n4",b\n';
    expect(await rows('a.csv', csv, { idColumn: 'the\nid' })).toMatchObject([
      { id: '1, 2', input: 'a' },
      { id: '3\n4', input: 'b' },
    ]);
  });

  it('refuses rows that end in a carriage return alone, rather than to take several for one', async () => {
    expect(await rows('a.csv', 'text\na\rb\nc\r\n"d\re"\nf\r\r\n')).toMatchObject([
      { error: { code: 'INVALID_CSV', message: expect.stringContaining('carriage return') } },
      { input: 'c' },
      { input: 'd\re' },
      { input: 'f' },
    ]);
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

describe('the input of a row', () => {
  const ALL = {
    id: 7,
    nr: 'x',
    inputs: 'i',
    text: 't',
    text_pair: 'p',
    question: 'q',
    context: 'c',
    review: 'r',
  };
  const values = (fields: object) => JSON.stringify(fields);
  const csv = (fields: object) => `${Object.keys(fields).join()}\n${Object.values(fields).join()}`;
  const { inputs: _, ...NAMED } = ALL;
  const { text, ...WITHOUT_TEXT } = NAMED;

  describe.each([
    ['a.jsonl', values],
    ['a.csv', csv],
  ])('of %s', (name, write) => {
    it.each([
      ['text-classification', ALL, 'i'],
      ['text-classification', NAMED, { text: 't', text_pair: 'p' }],
      ['text-classification', { text: 't', question: 'q', context: 'c', query: 'q', texts: 'd' }, 't'],
      ['token-classification', NAMED, 't'],
      ['fill-mask', NAMED, 't'],
      ['zero-shot-classification', NAMED, 't'],
      ['feature-extraction', { ...NAMED, source_sentence: 's', sentences: 's' }, 't'],
      ['question-answering', NAMED, { question: 'q', context: 'c' }],
      ['question-answering', { question: 'q', text: 't' }, 't'],
      ['text-ranking', { query: 'q', texts: 'd', text: 't' }, { query: 'q', texts: 'd' }],
      [
        'sentence-similarity',
        { source_sentence: 's', sentences: 'd' },
        { source_sentence: 's', sentences: 'd' },
      ],
    ] as const)('is what the task %s reads of %j', async (task, fields, input) => {
      expect(await rows(name, write(fields), { task })).toMatchObject([{ input }]);
    });

    it.each(['text-classification', 'question-answering', 'feature-extraction'] as const)(
      'is what the caller names, whatever else the row has, for %s',
      async (task) => {
        for (const [column, input] of [
          ['review', 'r'],
          ['text', 't'],
          ['question', 'q'],
          ['inputs', 'i'],
          ['text_pair', 'p'],
        ] as const)
          expect(await rows(name, write(ALL), { task, column })).toMatchObject([{ input }]);
      },
    );

    it('has the id that the caller names, beside it', async () => {
      expect(await rows(name, write(ALL), { column: 'review', idColumn: 'nr' })).toMatchObject([
        { id: 'x', input: 'r' },
      ]);
    });

    it.each(['constructor', '__proto__', 'toString'])('may have the name %s', async (column) => {
      const named = Object.fromEntries([[column, 'mine']]);
      expect(await rows(name, write({ ...named, text: 't' }), { column })).toMatchObject([{ input: 'mine' }]);
    });
  });

  it('is no longer there where a line of JSON lacks the field that the caller names, or has null', async () => {
    const lines = ['{"review":"r"}', '{"text":"t"}', '{"id":3,"review":null}', '"a text"'].join('\n');
    const error = { code: 'INVALID_ROW', message: 'The row has no "review".' };
    expect(await rows('a.jsonl', lines, { column: 'review' })).toMatchObject([
      { input: 'r' },
      { error },
      { id: 3, error },
      { input: 'a text' },
    ]);
    expect(await rows('a.jsonl', '{"text":"t"}', { column: 'constructor' })).toMatchObject([
      { error: { code: 'INVALID_ROW' } },
    ]);
  });

  it('says of what is missing all that would do', async () => {
    expect(await rows('a.jsonl', '{"question":"q"}', { task: 'question-answering' })).toMatchObject([
      { error: { message: 'The row has no "text", nor "question" with "context", nor "inputs".' } },
    ]);
    await expect(rows('a.csv', csv(WITHOUT_TEXT), { task: 'token-classification' })).rejects.toThrow(
      'There is no column "text", nor "inputs"',
    );
  });
});

describe('the header of a .csv file', () => {
  it.each([
    ['\ufefftext\na', {}],
    ['\ufeff"text"\r\na\r\n', {}],
    [' text ,n\na,1', {}],
    ['n, my text\n1,a', { column: ' my text ' }],
    ['\n\n \ntext\na', {}],
    ['id,id,text\n1,2,a', { column: 'text', idColumn: 'text' }],
  ])('names columns in %j', async (content, options) => {
    expect(await rows('a.csv', content, options)).toMatchObject([{ row: 0, input: 'a' }]);
  });

  it.each([
    ['Text,n\na,1', {}, 'COLUMN_NOT_FOUND', 'did you mean "Text"?'],
    ['text\na', { column: 'review' }, 'COLUMN_NOT_FOUND', 'There is no column "review"'],
    ['text\na', { idColumn: 'nr' }, 'COLUMN_NOT_FOUND', 'There is no column "nr"'],
    ['question,context\nq,c', {}, 'COLUMN_NOT_FOUND', 'There is no column "text"'],
    [',,\na,b,c', {}, 'COLUMN_NOT_FOUND', 'There is no column "text"'],
    ['text,n,text\na,b,c', {}, 'COLUMN_NOT_UNIQUE', 'one column is called "text"'],
    ['a,b,a\n1,2,3', { column: 'a' }, 'COLUMN_NOT_UNIQUE', 'one column is called "a"'],
    ['text,id,id\na,b,c', {}, 'COLUMN_NOT_UNIQUE', 'one column is called "id"'],
    ['"text\na\nb\n', {}, 'COLUMN_NOT_FOUND', 'The first record'],
    ['text,id\ra,1\rb,2\r', {}, 'COLUMN_NOT_FOUND', 'carriage return'],
    ['text\ra\rb', {}, 'COLUMN_NOT_FOUND', 'carriage return'],
    [`text,${'x'.repeat(1000)}\na,b\n`, {}, 'COLUMN_NOT_FOUND', 'The first record'],
  ])('that is %j is refused', async (content, options, code, message) => {
    await expect(rows('a.csv', content, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});

it.each([{ column: 'text' }, { idColumn: 'id' }])('a .txt file has no columns: %j', async (options) => {
  await expect(rows('a.txt', 'a\n', options)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});

it('a line of a .txt file that holds a carriage return alone is refused, rather than taken for one text', async () => {
  expect(await rows('a.txt', 'a\rb\r')).toMatchObject([
    { error: { code: 'INVALID_ROW', message: expect.stringContaining('carriage return alone') } },
  ]);
  expect(await rows('a.txt', 'a\r\nb\r\r\nc')).toMatchObject([
    { input: 'a' },
    { input: 'b' },
    { input: 'c' },
  ]);
});

describe('a file that is stored with Content-Encoding', () => {
  const plain = '"a"\n"b"\n';
  const expected = [{ input: 'a' }, { input: 'b' }];
  const once = gzipSync(plain);

  it.each([
    ['a.jsonl', 'gzip', once],
    ['a.jsonl', 'GZIP', once],
    ['a.jsonl', 'x-gzip', once],
    ['a.jsonl', 'aws-chunked,gzip', once],
    ['a.jsonl', 'gzip, aws-chunked', once],
    ['a.jsonl', 'identity', plain],
    ['a.jsonl', 'aws-chunked', plain],
    ['a.jsonl', '', plain],
    ['a.jsonl.gz', 'identity', once],
    ['a.jsonl.gz', 'gzip', once],
    ['a.jsonl.gz', 'gzip', gzipSync(once)],
  ])('%s, %s is read', async (name, encoding, content) => {
    expect(await rows(name, content, { encoding })).toMatchObject(expected);
  });

  it.each(['br', 'zstd', 'deflate', 'compress', 'gzip, gzip', 'gzip,br', 'utf-8'])(
    '%s is refused by its name',
    async (encoding) => {
      await expect(rows('a.jsonl', plain, { encoding })).rejects.toMatchObject({
        code: 'FORMAT_NOT_SUPPORTED',
        message: expect.stringContaining(encoding),
      });
    },
  );

  it('gzip, and is not, is broken', async () => {
    await expect(rows('a.jsonl', plain, { encoding: 'gzip' })).rejects.toMatchObject({ code: 'BROKEN_GZIP' });
  });
});

it.each([
  ['gzip', gzipSync('"a"\n')],
  ['zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x04)],
  ['xz', Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
  ['zip', Buffer.from('PK\u0003\u0004')],
  ['UTF-16', Buffer.from('\ufeff"a"\n', 'utf16le')],
])(
  'a file that begins as %s does, and says so nowhere, is refused however it arrives',
  async (name, content) => {
    for (const size of [1, 2, 3, content.length]) {
      const read = () =>
        streamOf(
          chunksOf(
            content,
            Array.from({ length: content.length / size }, (_, i) => i * size),
          ),
        );
      const source = {
        read,
        format: detectFormat('a.jsonl'),
        options: {},
        task: 'fill-mask',
        from: START,
      } as const;
      await expect(collect(readRows(source))).rejects.toMatchObject({
        code: 'NOT_UTF8',
        message: expect.stringContaining(name),
      });
    }
  },
);

it.each([
  ['a.jsonl', `{"text":${'['.repeat(60_000)}`, 'INVALID_JSON'],
  ['a.jsonl', `["${'a","'.repeat(60_000)}"]`, 'INVALID_JSON'],
  ['a.csv', `text\n${','.repeat(60_000)}\n`, 'INVALID_CSV'],
])(
  'a row of %s that holds too many values to be read in one piece is refused',
  async (name, content, code) => {
    expect(await rows(name, content, { maxRowBytes: 1_000_000 })).toMatchObject([
      { error: { code, message: expect.stringContaining('more than 50000') } },
    ]);
  },
);

it('commas within quotes are no values', async () => {
  const text = ','.repeat(60_000);
  const options = { maxRowBytes: 1_000_000 };
  expect(await rows('a.jsonl', JSON.stringify({ text: `\\"${text}` }), options)).toMatchObject([
    { input: `\\"${text}` },
  ]);
  expect(await rows('a.csv', `text\n"${text}"\n`, options)).toMatchObject([{ input: text }]);
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
