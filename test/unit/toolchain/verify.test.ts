import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { FolderStore, type OnnxManifest } from '../../../layers/engine/src/index.ts';
import { onnxManifestSchema } from '../../../model-assets/format/src/manifest/onnx.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { verifyPackage } from '../../../model-assets/toolchain/src/verify-package.ts';
import { addOptions, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const good = join(folder, 'good');

beforeAll(async () => {
  await packageModel(addOptions(tinyCheckpoint(folder), good), silent);
});

/** A copy of the package that `damage` has been done to; gives what `verify` says of it. */
async function verifyDamaged(name: string, damage: (packaged: string) => void) {
  const packages = join(folder, name);
  cpSync(good, packages, { recursive: true });
  damage(join(packages, 'tiny/1.0.0'));
  const [entry] = await new FolderStore(packages).list();
  return verifyPackage(packages, entry ?? { name: 'tiny', version: '1.0.0' });
}

function flipByte(file: string, position: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x40, position);
  writeFileSync(file, bytes);
}

/** Replaces a file and writes its new sum into the manifest, as somebody would who wants it to pass. */
function replace(packaged: string, path: string, change: (content: string) => string): void {
  const file = join(packaged, path);
  const content = Buffer.from(change(readFileSync(file, 'utf8')));
  writeFileSync(file, content);
  editManifest(packaged, (manifest) => {
    const entry = { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    const { textProcessing } = manifest;
    if (path === manifest.goldens.path) manifest.goldens = entry;
    else if (path === textProcessing.file.path) textProcessing.file = entry;
    else if (textProcessing.split) textProcessing.split.vocabulary = [entry];
  });
}

function editManifest(packaged: string, edit: (manifest: OnnxManifest) => void): void {
  const file = join(packaged, 'model.json');
  const manifest = onnxManifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  edit(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

const refusal = (message: string) => ({ code: 'VERIFY_FAILED', message: expect.stringContaining(message) });

describe('verify', () => {
  test('proves an intact package', async () => {
    const [proof] = await verifyDamaged('intact', () => {});
    expect(proof).toMatchObject({ variant: 'int8', agreement: expect.any(Number) });
    expect(proof?.largest).toBeLessThanOrEqual(proof?.tolerance ?? 0);
    expect(proof?.warnings).toEqual([]);
  });

  test('warns of a package that proves less than a reader may think', async () => {
    const [unnamed] = await verifyDamaged('unnamed', (at) =>
      replace(at, 'goldens.jsonl', (lines) => lines.replace(/"labels":\[[^\]]*\],/, '')),
    );
    expect(unnamed?.warnings).toEqual(['its goldens do not name the labels; package it again']);
    const [unlike] = await verifyDamaged('unlike', (at) =>
      replace(at, 'goldens.jsonl', (lines) =>
        lines.replace(/"top":\[\[(\d)[^\]]*\]/g, (_, label) => `"top":[[${(Number(label) + 1) % 3},0.0001]`),
      ),
    );
    expect(unlike?.warnings).toEqual(['only 0.0 % of the labels are those of fp32']);
  });

  test.each<[string, string, (packaged: string) => void]>([
    [
      'a flipped weight byte',
      'sha256 of int8/weights.bin',
      (at) => flipByte(join(at, 'int8/weights.bin'), 5000),
    ],
    ['a changed model card', 'MODEL_CARD.md', (at) => writeFileSync(join(at, 'MODEL_CARD.md'), 'better')],
    ['a missing file', 'goldens.jsonl cannot be read', (at) => rmSync(join(at, 'goldens.jsonl'))],
    ['a file too many', 'holds extra.bin', (at) => writeFileSync(join(at, 'extra.bin'), '')],
    [
      'an unknown manifest key',
      'manifest is not valid',
      (at) => replaceText(join(at, 'model.json'), '"task"', '"tasks": 1, "task"'),
    ],
    [
      'a label too many',
      'gives 3 logits, but there are 4 labels',
      (at) => editManifest(at, (manifest) => manifest.labels.push('mixed')),
    ],
    [
      'a tokenizer with tokens that the model has no embedding for',
      'gives ids up to 3000, but int8/model.onnx has 3000 embeddings',
      (at) => {
        replace(at, 'tokenizer.json', (json) => json.replace('"[PAD]": 0', '"[PAD]": 0, "unheard-of": 3000'));
        leaveWhole(at);
      },
    ],
    [
      'a divided tokenizer that is not the whole one',
      'not the one of its tokenizer.json',
      (at) => replace(at, 'tokenizer/vocab.txt', (lines) => lines.replace('the\nof\n', 'of\nthe\n')),
    ],
    [
      'goldens of another tokenizer, by the text and the token',
      '"OK": token 1 is',
      (at) => replace(at, 'goldens.jsonl', (lines) => lines.replace(/("text":"OK","ids":\[\d+,)\d+/, '$17')),
    ],
    [
      'an answer that is off, with what it should be',
      'instead of 9.500, and may be off by',
      (at) =>
        replace(at, 'goldens.jsonl', (lines) => lines.replace(/("text":"OK".*?"values":\[)[^,]+/, '$19.5')),
    ],
    [
      'an fp32 variant whose tolerance is as wide as its answers in a batch are off',
      'gives other answers in a batch than alone (relative error ',
      (at) => {
        editManifest(at, ({ variants }) => {
          if (variants.int8) variants.int8.scheme = 'fp32';
        });
        replace(at, 'goldens.jsonl', (lines) => {
          const values = [...lines.matchAll(/"values":\[([^\]]*)/g)].flatMap(([, list = '']) =>
            list.split(','),
          );
          const peak = Math.max(...values.map((value) => Math.abs(Number(value))));
          return lines
            .replace(/"int8":[\d.e-]+/, `"int8":${0.4 * peak}`)
            .replaceAll(/"values":\[([\d.e-]+)/g, (_, value) => `"values":[${1.3 * Number(value)}`);
        });
      },
    ],
  ])('finds %s', async (name, message, damage) => {
    await expect(verifyDamaged(name, damage)).rejects.toMatchObject(refusal(message));
  });
});

/** As a package of a tokenizer that cannot be divided. */
function leaveWhole(packaged: string): void {
  rmSync(join(packaged, 'tokenizer'), { recursive: true });
  editManifest(packaged, ({ textProcessing }) => {
    delete textProcessing.split;
  });
}

function replaceText(file: string, search: string, replacement: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(search, replacement));
}
