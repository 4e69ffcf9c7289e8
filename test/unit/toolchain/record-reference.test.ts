import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../../model-assets/format/src/index.ts';
import { parseReference } from '../../../model-assets/format/src/package/drift/index.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { recordReference } from '../../../model-assets/toolchain/src/stages/record-reference.ts';
import { addOptions, LABELS, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const source = tinyCheckpoint(folder);
const packages = join(folder, 'packages');

function writeRows(name: string, count: number): string {
  const file = join(folder, name);
  const rows = Array.from({ length: count }, (_, row) =>
    JSON.stringify({
      text: `row ${row} of ${'the '.repeat(row % 9)}file`,
      label: LABELS[row % LABELS.length],
    }),
  );
  writeFileSync(file, rows.join('\n'));
  return file;
}

const read = (path: string) =>
  parseReference(
    readFileSync(join(path, 'reference.json'), 'utf8'),
    sha256Of(readFileSync(join(path, 'model.json'))),
  );

describe('a package that is made', () => {
  test('has a reference of the rows that its quality is measured on', async () => {
    const evaluations = [{ file: writeRows('rows.jsonl', 230), dataset: 'made-up/test' }];
    const { folder: path } = await packageModel(
      { ...addOptions(source, packages), name: 'judged', evaluations },
      silent,
    );
    const reference = read(path);
    expect(reference).toMatchObject({ source: 'made-up/test', texts: 230, variant: 'int8' });
    expect([...reference.features.keys()]).toContain('label');
    expect(readdirSync(path).filter((name) => name.startsWith('reference'))).toEqual(['reference.json']);
  });

  test('has none of texts that are too few, and says how to record one', async () => {
    const { folder: path, notes } = await packageModel(
      {
        ...addOptions(source, packages),
        name: 'silent',
        variants: ['fp32'],
        texts: writeRows('few.jsonl', 199),
      },
      silent,
    );
    expect(existsSync(join(path, 'reference.json'))).toBe(false);
    expect(notes.at(-1)).toContain('pilotlight models reference');
  });

  test('has one of the texts that are given, where there are no rows', async () => {
    const { folder: path } = await packageModel(
      {
        ...addOptions(source, packages),
        name: 'given',
        variants: ['fp32'],
        texts: writeRows('texts.jsonl', 200),
      },
      silent,
    );
    expect(read(path)).toMatchObject({ source: 'texts.jsonl', texts: 200 });
    const ref = { name: 'given', version: '1.0.0' };
    const requests = Array.from({ length: 300 }, (_, row) => ({ text: `other ${row}` }));
    await recordReference({ packages, ref, requests, source: 'others' });
    expect(read(path), 'in place of the one that was there').toMatchObject({ source: 'others', texts: 300 });
  });
});
