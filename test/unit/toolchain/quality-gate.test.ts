import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PackageResult, packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { runGraph } from '../../../model-assets/toolchain/src/runtime/run-graph.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import {
  fewestKept,
  insertProbes,
  layerErrors,
} from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { checkpointTensors } from '../../fixtures/checkpoints.ts';
import { SERVED_RANGE } from '../../fixtures/processor.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { addOptions, LABELS, TINY, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const healthy = tinyCheckpoint(folder);

/**
 * A model whose answers in fp32 are those of a healthy one with a unit less, but which has one unit of the feed-forward
 * network far out of scale. Its weight to the next layer is zero, so fp32 does not see it; int8 has one scale for all
 * activations, which that unit takes for itself.
 */
function badlyScaled(name: string): string {
  const source = join(folder, name);
  cpSync(healthy, source, { recursive: true });
  const at = 'bert.encoder.layer.1.';
  const change = (tensor: string, values: Float32Array): Float32Array => {
    if (tensor === `${at}intermediate.dense.bias`) return values.with(0, 3000);
    if (tensor === `${at}output.dense.weight`) {
      return values.map((value, index) => (index % TINY.feedForward === 0 ? 0 : value));
    }
    return values;
  };
  const tensors = checkpointTensors({
    ...{ family: 'bert', head: 'sequence-classification', shape: TINY, labels: LABELS },
  });
  writeSafetensors(
    join(source, 'model.safetensors'),
    tensors.map((tensor) => ({ ...tensor, values: () => change(tensor.name, tensor.values()) })),
  );
  return source;
}

describe('a model with one badly scaled layer', () => {
  let result: PackageResult;
  beforeAll(async () => {
    result = await packageModel(addOptions(badlyScaled('outlier'), join(folder, 'packages')), silent);
  });

  it('is int8 but for that layer, and passes the gate', () => {
    expect(result.manifest.variants.int8?.keptFp32).toEqual(['layer.1/contract.weight']);
    expect(result.quantised?.kept).toEqual(['layer.1/contract.weight', 'classifier.weight']);
    expect(result.proofs[0]?.relative).toBeLessThan(0.05);
  });

  it('says which layer that is, how bad it was, and what the gate asked for', () => {
    expect(result.notes.at(-1)).toMatch(
      /^int8 alone misses the quality gate \(relative error [\d.]+ % of at most 6 %, same clear label .*\): 1 of \d+ layers stay fp32, layer\.1\/contract\.weight \(own error [\d.]+ %\)$/,
    );
    const card = readFileSync(join(result.folder, 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain(
      "Left in fp32 in the int8 variant, for its answers' sake: layer.1/contract.weight.",
    );
  });
});

describe('a healthy model', () => {
  it('is int8 throughout, and its card says nothing of layers', async () => {
    const {
      manifest,
      notes,
      folder: packaged,
    } = await packageModel(addOptions(healthy, join(folder, 'healthy')), silent);
    expect(manifest.variants.int8).not.toHaveProperty('keptFp32');
    expect(notes).toEqual([]);
    expect(readFileSync(join(packaged, 'MODEL_CARD.md'), 'utf8')).not.toContain('Left in fp32');
  });
});

describe('the error of each layer', () => {
  it('is measured for every product and table by itself, the worst first', async () => {
    const { model } = await readSource(badlyScaled('measured'));
    const probes = insertProbes(model, SERVED_RANGE);
    const feeds = [
      [2, 100, 200, 3],
      [2, 7, 3],
    ].map((ids) => ({
      input_ids: ids,
      attention_mask: ids.map(() => 1),
      token_type_ids: ids.map(() => 0),
    }));
    const layers = layerErrors(probes, await runGraph(model, feeds));
    const [worst, ...others] = layers;
    expect(worst?.weights).toBe('layer.1/contract.weight');
    expect(worst?.relative).toBeGreaterThan(0.5);
    expect(others.map(({ weights }) => weights)).toContain('embeddings/word.weight');
    expect(others.map(({ weights }) => weights)).not.toContain('classifier.weight');
    for (const { relative } of others) {
      expect(relative).toBeGreaterThan(0);
      expect(relative).toBeLessThan(0.03);
    }
  });
});

describe('the fewest layers to keep', () => {
  const layers = Array.from({ length: 40 }, (_, index) => `layer ${index}`);

  it.each([1, 2, 3, 5, 8, 13, 20])('are found where it takes %i of them', async (needed) => {
    let attempts = 0;
    const found = await fewestKept(layers, 20, async (kept) => {
      attempts++;
      return kept.length >= needed ? kept.length : undefined;
    });
    expect(found).toEqual({ kept: layers.slice(0, needed), result: needed });
    expect(attempts).toBeLessThanOrEqual(10);
  });

  it('are none where the most that may be kept are not enough', async () => {
    const tried: number[] = [];
    const found = await fewestKept(layers, 20, async ({ length }) => {
      tried.push(length);
      return undefined;
    });
    expect(found).toBeUndefined();
    expect(tried).toEqual([1, 2, 4, 8, 16, 20]);
  });
});
