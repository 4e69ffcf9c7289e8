import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import {
  migratePackage,
  openFileSigner,
  readSignatures,
  signPackage,
  writeNewKey,
} from '@pilotlight/lifecycle';
import { afterEach, beforeEach, expect, it } from 'vitest';

const REF = { name: 'sentiment', version: '1.0.1' };
let packages = '';
beforeEach(() => {
  packages = mkdtempSync(join(tmpdir(), 'pilotlight-migrate-'));
  cpSync('model-assets/packages/sentiment', join(packages, 'sentiment'), { recursive: true });
});
afterEach(() => rmSync(packages, { recursive: true }));

const read = (version: string, file: string) => readFileSync(join(packages, 'sentiment', version, file));

/** Makes of the package what the first release wrote: a whole tokenizer. */
function undivide(): void {
  const path = join(packages, 'sentiment/1.0.1/model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  delete manifest.textProcessing.split;
  writeFileSync(path, JSON.stringify(manifest));
  rmSync(join(packages, 'sentiment/1.0.1/tokenizer'), { recursive: true });
}

it('a package of before is written as one of today beside it, with the same weights, goldens and answers', async () => {
  undivide();
  const { to, changes } = await migratePackage(packages, REF);
  expect(to).toEqual({ name: 'sentiment', version: '1.0.2' });
  expect(changes).toEqual([
    'its manifest had what a clock said, which is in measured.json now',
    'its tokenizer was whole, and opens faster divided',
  ]);
  for (const file of ['int8/model.onnx', 'int8/weights.bin', 'tokenizer.json', 'goldens.jsonl'])
    expect(read('1.0.2', file).equals(read('1.0.1', file)), file).toBe(true);
  expect(read('1.0.2', 'model.json').toString()).not.toContain('inferMsPerToken');
  expect(read('1.0.2', 'measured.json').toString()).toContain('inferMsPerToken');
  const engine = new Engine({ packages });
  const [old, today] = await Promise.all(
    ['1.0.1', '1.0.2'].map((version) => engine.predict(`sentiment@${version}`, ['What a day!'])),
  );
  expect(today?.results).toEqual(old?.results);
  await engine.dispose();
});

it('a package of today has nothing to do, and no other appears', async () => {
  await migratePackage(packages, REF);
  const again = await migratePackage(packages, { name: 'sentiment', version: '1.0.2' });
  expect(again).toEqual({ from: { name: 'sentiment', version: '1.0.2' }, changes: [], left: [] });
});

it('a signature stays with the package that was signed, and is named as what has to be made again', async () => {
  const key = join(packages, 'key.pem');
  await writeNewKey(key);
  await signPackage(packages, REF, openFileSigner(key));
  const { left, to } = await migratePackage(packages, REF, { version: '2.0.0' });
  expect({ left, to }).toEqual({
    left: ['signature.json', 'reference.json'],
    to: { name: 'sentiment', version: '2.0.0' },
  });
  expect(await readSignatures(packages, REF)).toHaveLength(1);
  expect(await readSignatures(packages, { name: 'sentiment', version: '2.0.0' })).toEqual([]);
});

it('a version that is there, or a package that is not intact, is left as it is', async () => {
  await migratePackage(packages, REF);
  await expect(migratePackage(packages, REF)).rejects.toMatchObject({ code: 'PACKAGE_EXISTS' });
  writeFileSync(join(packages, 'sentiment/1.0.1/goldens.jsonl'), '{}\n');
  await expect(migratePackage(packages, REF, { version: '3.0.0' })).rejects.toThrow(/goldens\.jsonl/);
});
