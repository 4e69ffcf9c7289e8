/** The reader of .csv beside csv-parse, on fields of anything. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '@pilotlight/lifecycle';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const file = join(temporaryFolder(), 'rows.csv');
const field = fc.string({
  unit: fc.constantFrom('a', 'ü', '😀', ' ', ',', '"', '\n', '\r\n', '\t', ';'),
  maxLength: 8,
});
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

test('rows are those of csv-parse, whatever is within their quotes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (rows, end) => {
        const content = `text,label${end}${rows.map((row) => row.map(quoted).join(',')).join(end)}${end}`;
        writeFileSync(file, content);
        const expected: Record<string, string>[] = parse(content, { columns: true });
        const found = (await readRows(file)).rows;
        expect(found.map(({ fields }) => ({ text: '', label: '', ...fields }))).toEqual(expected);
        const lines = content.split('\n');
        for (const { line } of found) expect(lines[line - 1]).toMatch(/^"/);
      },
    ),
    { numRuns: 200 },
  );
});
