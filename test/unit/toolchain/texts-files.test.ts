import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDataset } from '../../../model-assets/toolchain/src/stages/evaluate/dataset.ts';
import { readRequests } from '../../../model-assets/toolchain/src/stages/goldens.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const BYTE_ORDER_MARK = '\ufeff';
/** With a separator that ends no line. */
const texts = Array.from({ length: 32 }, (_, index) => `text\u2028${index}`);

function fileOf(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n\r\n`);
  return file;
}

describe('a file with a byte order mark and lines that end in CRLF', () => {
  test('gives goldens its texts and nothing else', async () => {
    const requests = texts.map((text) => ({ text }));
    expect(await readRequests(fileOf('texts.txt', texts))).toEqual(requests);
    const lines = requests.map((request) => JSON.stringify(request));
    expect(await readRequests(fileOf('texts.jsonl', lines))).toEqual(requests);
  });

  test('is refused by the number that an editor gives the line', async () => {
    const file = fileOf('broken.jsonl', ['{"text": "a"}', '', '{"text": 1}']);
    await expect(readRequests(file)).rejects.toThrow(/^Line 3 of .*broken\.jsonl/);
  });

  test('is read as a dataset', async () => {
    const row = { text: 'text', label: 'good' };
    const file = fileOf('rows.jsonl', [JSON.stringify(row)]);
    expect(await readDataset(file, 'text-classification', ['good'])).toEqual({
      kind: 'labelled',
      rows: [row],
    });
  });
});
