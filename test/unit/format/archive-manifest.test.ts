import { manifestText, packageFiles, parseManifest, servedFiles } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { archiveManifestOf } from '../../fixtures/archive-manifest.ts';

const ref = { name: 'ner', version: '1.0.0' };
const manifest = archiveManifestOf();
const { fp32 } = manifest.variants;
if (!fp32) throw new TypeError('The manifest has the variant fp32.');

/** The manifest as JSON, with another value at a path. */
function withValue(path: string, value: unknown): string {
  const json = JSON.parse(manifestText(manifest));
  const names = path.split('.');
  const last = names.pop() ?? '';
  const place = names.reduce((part, name) => part[name], json);
  place[last] = value;
  return JSON.stringify(json);
}

describe('the manifest of an archive', () => {
  it('is read as it was written', () => {
    expect(parseManifest(manifestText(manifest), ref)).toEqual(manifest);
  });

  it.each([
    ['variants.fp32.graphs', {}, 'must have a graph'],
    ['variants.fp32.graphs.model.file', 'other.onnx', 'must list the file of each graph'],
    ['variants.fp32.graphs.model.inputs', [{ name: 'x', type: 'int32' }], 'is not'],
    ['defaultVariant', 'int8', 'must name one of the variants'],
    ['config.path', '../archive.json', 'must be a relative path inside the package'],
    ['tasks', ['text-classification', 'text-classification'], 'must be distinct'],
    ['task', 'crf tagger', 'must be a registrable name'],
    ['code', 'import os', 'code'],
  ])('is refused where %s is %j', (path, value, reason) => {
    expect(() => parseManifest(withValue(path, value), ref)).toThrow(/is refused/);
    if (reason !== 'is not' && reason !== 'code')
      expect(() => parseManifest(withValue(path, value), ref)).toThrow(reason);
  });

  it('names every file of the package, and of those the ones that serving reads', () => {
    const served = [
      'archive.json',
      'vocabulary/tokens.txt',
      'vocabulary/labels.txt',
      'hub/0/config.json',
      'hub/0/tokenizer.json',
      'fp32/model/model.onnx',
      'fp32/model/weights.bin',
    ];
    expect(servedFiles(manifest, fp32).map(({ path }) => path)).toEqual(served);
    expect(packageFiles(manifest).map(({ path }) => path)).toEqual([
      ...served,
      'goldens.jsonl',
      'MODEL_CARD.md',
    ]);
  });
});
