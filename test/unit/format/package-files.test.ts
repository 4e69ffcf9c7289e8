import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  besideFiles,
  corrupt,
  digestFile,
  findFault,
  manifestText,
  type PackageFile,
  packageFiles,
  parseManifest,
  servedFiles,
  sha256Of,
  sumOfBytes,
  type TransformersJsManifest,
} from '@pilotlight/model-format';
import { afterAll, describe, expect, it } from 'vitest';
import { manifestOf } from '../engine/fakes.ts';

const A = 'a'.repeat(64);
const file = (path: string): PackageFile => ({ path, bytes: 1, sha256: A });
const paths = (files: readonly PackageFile[]): string[] => files.map(({ path }) => path);

const transformersJs: TransformersJsManifest = {
  formatVersion: 1,
  runtime: 'transformers.js',
  name: 'caption',
  version: '1.0.0',
  task: 'image-to-text',
  dtype: 'q8',
  files: [file('config.json'), file('onnx/model_quantized.onnx')],
  goldens: file('goldens.jsonl'),
  modelCard: file('MODEL_CARD.md'),
  source: { kind: 'huggingface', id: 'caption', files: {} },
  toolchain: { pilotlight: '0.1.0', node: '24.0.0', transformers: '3.0.0' },
};

describe('the files of a package', () => {
  const { variants, textProcessing } = manifestOf();
  const { int8 } = variants;
  if (int8 === undefined) throw new TypeError('The fake manifest has an int8 variant.');
  const fp32 = { ...int8, files: [file('fp32/model.onnx'), file('int8/weights.bin')] };
  const split = { rest: file('rest.json'), vocabulary: [file('vocab.json'), file('merges.txt')] };

  it('are those of all variants, the tokenizer, the goldens and the model card, each once', () => {
    expect(paths(packageFiles(manifestOf({ variants: { int8, fp32 } })))).toEqual([
      'tokenizer.json',
      'int8/model.onnx',
      'int8/weights.bin',
      'fp32/model.onnx',
      'goldens.jsonl',
      'MODEL_CARD.md',
    ]);
  });

  it('hold the whole tokenizer beside the parts into which it is split', () => {
    const manifest = manifestOf({ textProcessing: { ...textProcessing, split } });
    expect(paths(packageFiles(manifest)).slice(0, 4)).toEqual([
      'tokenizer.json',
      'rest.json',
      'vocab.json',
      'merges.txt',
    ]);
  });

  it('that serving reads are those of the tokenizer and of the variant, and no goldens', () => {
    expect(paths(servedFiles(manifestOf(), int8))).toEqual([
      'tokenizer.json',
      'int8/model.onnx',
      'int8/weights.bin',
    ]);
    const manifest = manifestOf({ textProcessing: { ...textProcessing, split } });
    expect(paths(servedFiles(manifest, { files: [] }))).toEqual(['rest.json', 'vocab.json', 'merges.txt']);
  });

  it('of transformers.js are those that its manifest lists, with goldens and model card beside them', () => {
    expect(paths(packageFiles(transformersJs))).toEqual([
      'config.json',
      'onnx/model_quantized.onnx',
      'goldens.jsonl',
      'MODEL_CARD.md',
    ]);
    expect(servedFiles(transformersJs)).toEqual(transformersJs.files);
  });

  it('that serving does not read are the whole of a tokenizer, the goldens and the model card', () => {
    expect(paths(besideFiles(manifestOf()))).toEqual(['tokenizer.json', 'goldens.jsonl', 'MODEL_CARD.md']);
    expect(paths(besideFiles(transformersJs))).toEqual(['goldens.jsonl', 'MODEL_CARD.md']);
  });

  it('have the sum of their bytes', () => {
    expect(sumOfBytes([])).toBe(0);
    expect(sumOfBytes([{ bytes: 1 }, { bytes: 20 }, { bytes: 300 }])).toBe(321);
  });
});

describe('the digest of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'digest-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([0, 1, 1_048_575, 1_048_576, 2_500_000])('is the size and the sha256 of %i bytes', (bytes) => {
    const content = Buffer.alloc(bytes, 'pilotlight');
    const path = join(folder, String(bytes));
    writeFileSync(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(digestFile(path)).toEqual({ bytes, sha256 });
    expect(sha256Of(content)).toBe(sha256);
  });

  it('is refused as the file system refuses to open the file', () => {
    expect(() => digestFile(join(folder, 'none'))).toThrow('ENOENT');
  });

  it('of a text is that of its UTF-8', () => {
    expect(sha256Of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the fault of a file', () => {
  const named = { path: 'model.onnx', bytes: 3, sha256: A };

  it('is none where size and sha256 are those of the manifest, or the size is and no sha256 was taken', () => {
    expect(findFault(named, { bytes: 3, sha256: A })).toBeUndefined();
    expect(findFault(named, { bytes: 3 })).toBeUndefined();
  });

  it('says whether the file is missing, has another size, or another content', () => {
    expect(findFault(named, undefined)).toBe('model.onnx is missing');
    expect(findFault(named, { bytes: 4, sha256: A })).toBe('model.onnx has 4 bytes instead of 3');
    expect(findFault(named, { bytes: 3, sha256: 'b'.repeat(64) })).toBe(
      'the sha256 of model.onnx differs from the manifest',
    );
  });

  it('becomes an error that names the model and says what to do', () => {
    const ref = { name: 'sentiment', version: '1.0.0' };
    const cause = new RangeError('deep');
    expect(corrupt(ref, 'model.onnx is missing')).toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: 'Model sentiment@1.0.0 is refused: model.onnx is missing. Restore the package.',
      details: { model: 'sentiment', version: '1.0.0' },
    });
    const other = corrupt(ref, 'it differs', { remedy: 'Upload it again.', cause });
    expect(other.message).toBe('Model sentiment@1.0.0 is refused: it differs. Upload it again.');
    expect(other.cause).toBe(cause);
  });
});

describe('the manifest of a model that transformers.js runs', () => {
  it('keeps its runtime where it is written, and is read again as it was', () => {
    const text = manifestText(transformersJs);
    expect(JSON.parse(text)).toMatchObject({ runtime: 'transformers.js' });
    expect(parseManifest(text, { name: 'caption', version: '1.0.0' })).toEqual(transformersJs);
  });
});
