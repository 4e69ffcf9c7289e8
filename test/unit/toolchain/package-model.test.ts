import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Engine, FolderStore } from '../../../layers/engine/src/index.ts';
import { loadModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { parseGoldens } from '../../../model-assets/toolchain/src/package-files/goldens-file.ts';
import { type PackageResult, packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { type Progress, silent } from '../../../model-assets/toolchain/src/progress.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { verifyPackage } from '../../../model-assets/toolchain/src/verify-package.ts';
import { checkpointTensors } from '../../fixtures/checkpoints.ts';
import { SERVED_SCHEME } from '../../fixtures/processor.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { sampled } from '../../scale.ts';
import { addOptions, LABELS, TINY, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const source = tinyCheckpoint(folder);
const packages = join(folder, 'packages');

function filesBelow(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

test('the toolchain packages with nothing but a source, a folder and a name: int8, version 1.0.0, and what a token takes, which is beside the manifest', async () => {
  const stages: string[] = [];
  const progress: Progress = {
    stage: async (name, work) => {
      stages.push(name);
      return work(() => {});
    },
  };
  const { manifest } = await packageModel({ source, packages, name: 'defaults' }, progress);
  expect(manifest).toMatchObject({ name: 'defaults', version: '1.0.0', defaultVariant: 'int8' });
  expect(Object.keys(manifest.variants)).toEqual(['int8']);
  expect(manifest.variants.int8?.inferMsPerToken).toBeGreaterThan(0);
  const files = join(packages, 'defaults/1.0.0');
  expect(readFileSync(join(files, 'model.json'), 'utf8')).not.toMatch(/inferMsPerToken|speedup/);
  const [entry] = await new FolderStore(packages).list();
  expect(entry?.manifest).toEqual(manifest);
  writeFileSync(join(files, 'measured.json'), '{');
  await expect(new FolderStore(packages).open(manifest)).rejects.toThrow(/measured\.json is not valid/);
  rmSync(join(files, 'measured.json'));
  const unmeasured = (await new FolderStore(packages).open(manifest)).manifest;
  expect(unmeasured.runtime === 'onnx' && unmeasured.variants.int8).not.toHaveProperty('inferMsPerToken');
  const expected = [
    ...['read', 'optimise fp32', 'write fp32'],
    ...['goldens', 'compare in a batch', 'judge fp32', 'write int8'],
    ...['compare int8', 'measure int8', 'verify package'],
  ];
  // Rungs that are not good enough on this processor come before the one that is.
  expect([...new Set(stages)].filter((stage) => expected.includes(stage))).toEqual(expected);
  rmSync(join(packages, 'defaults'), { recursive: true });
}, 60_000);

describe('packaging a checkpoint', () => {
  let result: PackageResult;
  beforeAll(async () => {
    result = await packageModel(addOptions(source, packages), silent);
  });

  test('makes a complete package of the int8 variant alone', () => {
    expect(result.folder).toBe(join(packages, 'tiny/1.0.0'));
    expect(filesBelow(result.folder)).toEqual([
      'MODEL_CARD.md',
      'goldens.jsonl',
      'int8/model.onnx',
      'int8/weights.bin',
      'model.json',
      'tokenizer.json',
      'tokenizer/rest.json',
      'tokenizer/vocab.txt',
    ]);
    const { manifest } = result;
    expect(manifest).toMatchObject({ task: 'text-classification', labels: LABELS, defaultVariant: 'int8' });
    expect(manifest.variants.int8).toMatchObject({ scheme: SERVED_SCHEME, tokenBudget: 1024 });
    expect(result.quantised).toMatchObject({ lookups: 1, kept: ['classifier.weight'] });
    expect(readdirSync(packages)).toEqual(['tiny']);
  });

  test('keeps the tokenizer byte for byte, and the model card with provenance and sizes', () => {
    expect(readFileSync(join(result.folder, 'tokenizer.json'))).toEqual(
      readFileSync(join(source, 'tokenizer.json')),
    );
    const card = readFileSync(join(result.folder, 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain('It has learnt nothing.');
    expect(card).toContain(result.manifest.source.files['model.safetensors']);
    expect(card).toContain(`| int8 | ${SERVED_SCHEME} | 0.`);
  });

  test('stores at least 32 goldens, from empty to the longest that the model takes', () => {
    const { goldens, tolerance } = parseGoldens(readFileSync(join(result.folder, 'goldens.jsonl'), 'utf8'));
    const lengths = goldens.map(({ ids }) => ids.length);
    expect(goldens.length).toBeGreaterThanOrEqual(32);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([2, TINY.positions]);
    expect(tolerance.int8).toBeGreaterThan(0);
  });

  test('serves', async () => {
    const engine = new Engine({ packages });
    const { results, model } = await engine.predict('tiny', 'I love this movie');
    expect(model).toEqual({ name: 'tiny', version: '1.0.0', variant: 'int8' });
    expect(results[0]).toHaveLength(LABELS.length);
    await engine.dispose();
  });

  test('gives the same bytes every time, and beside them what a token costs, in a budget of 1,024 where none is given', async () => {
    const { tokenBudget: _, ...measured } = addOptions(source, join(folder, 'again'));
    const again = await packageModel(measured, silent);
    expect(again.manifest.variants.int8?.tokenBudget).toBe(1024);
    expect(again.manifest.variants.int8?.inferMsPerToken).toBeGreaterThan(1e-4);
    expect(again.manifest.variants.int8?.inferMsPerToken).toBeLessThan(10);
    expect(filesBelow(again.folder)).toContain('measured.json');
    for (const file of filesBelow(result.folder)) {
      expect(
        readFileSync(join(again.folder, file)).equals(readFileSync(join(result.folder, file))),
        file,
      ).toBe(true);
    }
  });

  test('refuses to overwrite a version, and replaces it when forced', async () => {
    await expect(packageModel(addOptions(source, packages), silent)).rejects.toMatchObject({
      code: 'PACKAGE_EXISTS',
    });
    const options = addOptions(source, packages, {
      ...{ force: true, description: 'A new one', variants: ['fp32'] },
    });
    expect((await packageModel(options, silent)).manifest.description).toBe('A new one');
    expect(readdirSync(packages)).toEqual(['tiny']);
  });
});

describe('packaging', () => {
  test('keeps both variants when both are asked for, and serves the first', async () => {
    const options = addOptions(source, packages, { name: 'both', variants: ['fp32', 'int8'] });
    const { manifest, proofs } = await packageModel(options, silent);
    expect(manifest.defaultVariant).toBe('fp32');
    expect(proofs.map(({ variant }) => variant).sort()).toEqual(['fp32', 'int8']);
    expect(proofs.find(({ variant }) => variant === 'fp32')?.relative).toBeLessThan(1e-5);
  });

  test('keeps weights in fp32 that it is told to, and records seven-bit weights', async () => {
    const quantise = { keep: ['embeddings/word.weight'], reduceRange: true };
    const { manifest, quantised } = await packageModel(
      addOptions(source, packages, { name: 'kept', quantise }),
      silent,
    );
    expect(quantised?.lookups).toBe(0);
    expect(manifest.variants.int8?.scheme).toBe('int8-static-7bit');
  });

  const others = [
    ['token-classification', 'distilbert'],
    ['base', 'bert'],
  ] as const;
  test.each(sampled(others, { short: 1 }))('takes a %s model of the %s family', async (head, family) => {
    const checkpoint = tinyCheckpoint(join(folder, head), { head, family, labels: ['O', 'B-x', 'I-x'] });
    const { proofs } = await packageModel(addOptions(checkpoint, packages, { name: head }), silent);
    expect(proofs[0]?.relative).toBeLessThan(0.1);
  });

  test('takes an .onnx export, which gives the answers of the checkpoint', async () => {
    const exported = join(folder, 'export');
    cpSync(source, exported, { recursive: true });
    rmSync(join(exported, 'model.safetensors'));
    const { model } = await readSource(source);
    writeFileSync(join(exported, 'model.onnx'), encodeModel(model));
    const options = addOptions(exported, packages, { name: 'exported', variants: ['fp32'] });
    const { manifest } = await packageModel(options, silent);
    expect(manifest.source.kind).toBe('onnx');
    const engine = new Engine({ packages });
    const [original, taken] = [
      await engine.predict('tiny', 'good'),
      await engine.predict('exported', 'good'),
    ];
    expect(taken.results).toEqual(original.results);
    await engine.dispose();
  });

  test('takes its own texts for the goldens, and refuses fewer than 32', async () => {
    const texts = join(folder, 'texts.jsonl');
    const lines = Array.from({ length: 40 }, (_, index) =>
      JSON.stringify({ text: `text ${index}`, pair: 'second' }),
    );
    writeFileSync(texts, lines.join('\n'));
    const { folder: packaged } = await packageModel(
      addOptions(source, packages, { name: 'texts', texts, variants: ['fp32'] }),
      silent,
    );
    const { goldens } = parseGoldens(readFileSync(join(packaged, 'goldens.jsonl'), 'utf8'));
    expect(goldens[39]).toMatchObject({ text: 'text 39', pair: 'second' });

    writeFileSync(texts, lines.slice(0, 31).join('\n'));
    await expect(
      packageModel(addOptions(source, packages, { name: 'few', texts }), silent),
    ).rejects.toMatchObject({
      code: 'TEXTS_INVALID',
    });
  });

  test('tries the tokenizer with more than its own texts: one that lacks what stands for unknown words is refused', async () => {
    const checkpoint = join(folder, 'no-unknown');
    cpSync(source, checkpoint, { recursive: true });
    const file = join(checkpoint, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8'));
    const { unk_token, vocab } = tokenizer.model;
    const { [unk_token]: _, ...known } = vocab;
    writeFileSync(file, JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab: known } }));
    const words = Object.keys(known).filter((word) => /^[a-z]+$/.test(word));
    const texts = join(folder, 'known.txt');
    writeFileSync(texts, words.slice(0, 40).join('\n'));
    const packaging = packageModel(addOptions(checkpoint, packages, { name: 'no-unknown', texts }), silent);
    await expect(packaging).rejects.toThrow(/The tokenizer cannot be used: .*\[UNK\]/);
  });

  test('that fails leaves nothing behind', async () => {
    const broken = join(folder, 'broken');
    cpSync(source, broken, { recursive: true });
    const tensors = checkpointTensors({
      family: 'bert',
      head: 'sequence-classification',
      shape: TINY,
      labels: LABELS,
    });
    const poisoned = tensors.map((tensor) =>
      tensor.name.endsWith('layer.1.output.dense.weight')
        ? { ...tensor, values: () => tensor.values().with(9, Number.NaN) }
        : tensor,
    );
    writeSafetensors(join(broken, 'model.safetensors'), poisoned);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(packageModel(addOptions(broken, empty), silent)).rejects.toMatchObject({
      code: 'WEIGHTS_INVALID',
      message: expect.stringContaining('layer.1/contract.weight holds NaN'),
    });
    expect(readdirSync(empty)).toEqual([]);
    expect(existsSync(join(empty, 'tiny'))).toBe(false);
  });
});

describe('packaging for GPUs', () => {
  test('adds an fp16 variant of tier gpu beside the one for Lambda, proven on the CPU', async () => {
    const variants = ['int8', 'fp16'] as const;
    const {
      manifest,
      proofs,
      notes,
      folder: made,
    } = await packageModel(addOptions(source, packages, { name: 'for-gpus', variants, force: true }), silent);
    expect(manifest).toMatchObject({
      defaultVariant: 'int8',
      variants: { int8: { tier: 'lambda' }, fp16: { scheme: 'fp16', tier: 'gpu' } },
    });
    expect(notes.filter((note) => note.includes('fp16'))).toEqual([]);
    expect(filesBelow(made).filter((file) => file.endsWith('.onnx'))).toEqual([
      'fp16/model.onnx',
      'int8/model.onnx',
    ]);
    const fp16 = proofs.find(({ variant }) => variant === 'fp16');
    expect(fp16?.relative).toBeGreaterThan(1e-5);
    expect(fp16?.relative).toBeLessThan(2e-3);
    // What a GPU rounds on its way is measured too, and may be as much again.
    expect(fp16?.tolerance).toBeGreaterThan(2 * (fp16?.largest ?? Number.NaN));
    const { weights } = loadModel(join(made, 'fp16/model.onnx'));
    expect(weights).toEqual(['weights.bin']);
  });

  test('serves int8 on the CPU, and fp16 where it is asked for', async () => {
    const engine = new Engine({ packages });
    expect((await engine.predictor('for-gpus')).variantName).toBe('int8');
    await engine.dispose();
    const onGpu = new Engine({ packages, variant: 'fp16' });
    const { results } = await onGpu.predict('for-gpus', 'a word or two', { top_k: 3 });
    expect(results).toEqual([[expect.anything(), expect.anything(), expect.anything()]]);
    await onGpu.dispose();
  });

  test('is proven on a GPU where there is one, and refused by the name of the provider where there is none', async () => {
    const entries = await new FolderStore(packages).list();
    const entry = entries.find(({ name }) => name === 'for-gpus') ?? { name: 'for-gpus', version: '1.0.0' };
    const outcome = await verifyPackage(packages, entry, { executionProvider: 'cuda' }).then(
      (proofs) => proofs.map(({ variant }) => variant).sort(),
      (error: unknown) => error,
    );
    if (Array.isArray(outcome)) expect(outcome).toEqual(['fp16', 'int8']);
    else expect(outcome).toMatchObject({ code: 'SESSION_FAILED', message: expect.stringContaining('cuda') });
  });
});
