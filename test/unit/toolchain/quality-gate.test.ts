import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PackageResult, packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { fewestKept } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { checkpointTensors } from '../../fixtures/checkpoints.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { addOptions, TINY, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const TAGS = ['O', 'B-x', 'I-x', 'B-y', 'I-y'] as const;
const healthy = tinyCheckpoint(folder, { head: 'token-classification', labels: TAGS });

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
    ...{ family: 'bert', head: 'token-classification', shape: TINY, labels: TAGS },
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

  it('is int8 throughout on the first rung, because channels are equalised', () => {
    const { scheme, keptFp32 } = result.manifest.variants.int8 ?? {};
    expect(scheme).toMatch(/^int8-static(-7bit)?$/);
    expect(keptFp32).toBeUndefined();
    expect(result.proofs[0]?.relative).toBeLessThan(0.05);
  });

  it('has what it loses beside fp32 in its manifest and its card', () => {
    const { againstFp32, speedup } = result.manifest.variants.int8 ?? {};
    expect(againstFp32).toMatchObject({ texts: 200, decisions: { of: 'spans', clear: 0 } });
    expect(againstFp32?.decisions.total).toBeGreaterThan(1000);
    expect(againstFp32?.scores?.mean).toBeGreaterThan(0);
    expect(result.ladders).toMatchObject([{ variant: 'int8', taken: { judgement: againstFp32 } }]);
    // A budget is given, so the package has the same bytes every time: nothing that was timed is in it.
    expect(speedup).toBeUndefined();
    expect(result.ladders[0]?.taken.speedup).toBeGreaterThan(0);
    const card = readFileSync(join(result.folder, 'MODEL_CARD.md'), 'utf8');
    expect(card).toMatch(
      /The int8 variant beside fp32, on 200 texts: \d+ of \d+ spans change.*; scores off by 0\.\d+ at most, 0\.\d+ on average\./,
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
    expect(notes).toEqual([expect.stringContaining('no reference of its traffic')]);
    expect(readFileSync(join(packaged, 'MODEL_CARD.md'), 'utf8')).not.toContain('Left in fp32');
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
