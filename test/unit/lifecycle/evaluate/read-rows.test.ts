import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '@pilotlight/lifecycle';
import { sha256Of } from '@pilotlight/model-format/internal/package/integrity';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const folder = temporaryFolder();
function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'DATASET_INVALID', message: expect.stringMatching(message) });

describe('rows of .jsonl', () => {
  it('have the numbers of their lines, blank lines and a byte order mark left out', async () => {
    const content = '\ufeff{"text": "a"}\r\n\n{"text": "b", "n": 1}\n';
    const { rows, sha256, name } = await readRows(write('rows.jsonl', content));
    expect(rows).toEqual([
      { line: 1, fields: { text: 'a' } },
      { line: 3, fields: { text: 'b', n: 1 } },
    ]);
    expect(sha256).toBe(sha256Of(content));
    expect(name).toMatch(/^[^/]+\/rows\.jsonl$/);
  });

  it.each([
    ['{"text": "a"}\n{"text"', /^Line 2 of .*: it is not JSON\.$/],
    ['[1]', /^Line 1 of .*: it is no JSON object\.$/],
    ['{"__proto__": {}}', /^Line 1 of .*: it is not JSON\.$/],
    ['\n\n', /has no rows/],
    [Buffer.from('{"text": "\xff"}', 'latin1'), /is not in UTF-8/],
  ])('that cannot be read are refused with their line: %j', async (content, message) => {
    await expect(readRows(write('bad.jsonl', content))).rejects.toEqual(refusal(message));
  });
});

describe('rows of .csv and .tsv', () => {
  it('may hold delimiters, quotes and newlines within quotes, and begin where their record does', async () => {
    const content = '\ufefftext, label ,n\r\n"a, ""b""\nc",x,\r\n\r\nd,y,1';
    const { rows } = await readRows(write('rows.csv', content));
    expect(rows).toEqual([
      { line: 2, fields: { text: 'a, "b"\nc', label: 'x' } },
      { line: 5, fields: { text: 'd', label: 'y', n: '1' } },
    ]);
  });

  it('are parted by tabs in .tsv', async () => {
    const { rows } = await readRows(write('rows.TSV', 'text\tlabel\na, b\tx\n'));
    expect(rows).toEqual([{ line: 2, fields: { text: 'a, b', label: 'x' } }]);
  });

  it.each([
    [
      'text,label\na,b,c\n',
      /^Line 2 .*3 fields, and the header has 2; put quotes around a text with a comma/,
    ],
    ['text,label\n"a,b\n', /^Line 2 .*quotes are not in order/],
    ['text,label\na"b,c\n', /^Line 2 .*quotes are not in order/],
    ['text,text\n', /^Line 1 .*two columns are called "text"/],
    ['text,label\n', /has no rows/],
    ['', /has no rows/],
  ])('that are malformed are refused with their line: %j', async (content, message) => {
    await expect(readRows(write('bad.csv', content))).rejects.toEqual(refusal(message));
  });
});

describe('columns', () => {
  it('stand for fields where they are named', async () => {
    const path = write('stars.csv', 'review,stars\ngood,5\n');
    const { rows } = await readRows(path, { columns: { text: 'review', label: 'stars' } });
    expect(rows[0]?.fields).toMatchObject({ text: 'good', label: '5', review: 'good' });
  });

  it('that there are not are refused with the nearest', async () => {
    const path = write('stars.csv', 'review,stars\ngood,5\n');
    await expect(readRows(path, { columns: { text: 'reviews' } })).rejects.toEqual(
      refusal(/has no column 'reviews'; did you mean review\?/),
    );
  });
});

it('a file of another kind, or that is not there, is refused', async () => {
  await expect(readRows('rows.xlsx')).rejects.toEqual(refusal(/must end in \.jsonl, \.ndjson, \.csv, \.tsv/));
  await expect(readRows(join(folder, 'none.jsonl'))).rejects.toEqual(refusal(/cannot be read/));
});
