/** Small models through the whole ladder of int8, as `add` climbs it: nothing is given but the source, a folder and a name. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { int, makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import {
  encodeModel,
  type OnnxModel,
  type OnnxNode,
} from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { floats, floatTensor, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { transpose } from '../../../model-assets/toolchain/src/graph/transpose.ts';
import { type PackageResult, packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import type { Progress } from '../../../model-assets/toolchain/src/progress.ts';
import { INT8_RUNGS } from '../../../model-assets/toolchain/src/schemes/rung.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { LONG } from '../../scale.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const checkpoint = join(folder, 'encoder');
writeCheckpoint(
  { family: 'bert', head: 'base', shape: { ...SHAPES.tiny, hidden: 64, feedForward: 256, layers: 3 } },
  checkpoint,
);

/** Packages a source, and counts how often each stage ran. */
async function add(
  source: string,
  name: string,
): Promise<{ result: PackageResult; stages: ReadonlyMap<string, number> }> {
  const stages = new Map<string, number>();
  const progress: Progress = {
    stage: (stage, work) => {
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
      return work(() => {});
    },
  };
  const result = await packageModel({ source, packages, name, tokenBudget: 1024 }, progress);
  return { result, stages };
}

const TEXTS = ['short', 'a text of several words that says little', '', 'three words more'];

/** Embeddings of texts, each called alone and then all together. */
async function embed(name: string): Promise<{ alone: unknown; together: unknown }> {
  const engine = new Engine({ packages });
  try {
    const alone: unknown[] = [];
    for (const text of TEXTS) alone.push(...(await engine.predict(name, [text])).results);
    return { alone, together: (await engine.predict(name, TEXTS)).results };
  } finally {
    await engine.dispose();
  }
}

describe('a checkpoint with random weights', () => {
  it('is packaged by a rung of the ladder, whose manifest and table say the same', async () => {
    const { result, stages } = await add(checkpoint, 'encoder');
    const { scheme, againstFp32, keptFp32, sameInAnyBatch } = result.manifest.variants.int8 ?? {};
    const [ladder] = result.ladders;
    const names = INT8_RUNGS.map((rung) => rung.scheme);
    const tried = ladder?.tried.map((rung) => rung.scheme) ?? [];
    expect(tried).toEqual(names.slice(0, tried.length));
    expect(tried.at(-1)).toBe(scheme);
    expect(ladder?.tried.map(({ passes }) => passes)).toEqual(
      ladder?.tried.map((_, index) => index === ladder.tried.length - 1),
    );
    expect(ladder?.taken).toMatchObject({ scheme, judgement: againstFp32 });
    expect(keptFp32).toBeUndefined();
    expect(sameInAnyBatch).toBe(true);
    expect(stages.get('calibrate')).toBe(ladder?.tried.length);
    expect(result.quantised?.products).toBe(12);
    const { alone, together } = await embed('encoder');
    expect(together).toEqual(alone);
  }, 120_000);
});

describe.runIf(LONG)('an export whose products are Gemm (PILOTLIGHT_TESTS=long)', () => {
  it('is quantised like the checkpoint that it comes from, and gives its answers', async () => {
    const source = join(folder, 'export');
    cpSync(checkpoint, source, { recursive: true });
    rmSync(join(source, 'model.safetensors'));
    const { model } = await readSource(checkpoint);
    const replaced = withGemm(model);
    expect(replaced).toBe(3);
    mkdirSync(join(source, 'onnx'));
    writeFileSync(join(source, 'onnx/model.onnx'), encodeModel(model));

    const { result } = await add(source, 'gemm');
    expect(result.quantised).toMatchObject({ products: 12, kept: [] });
    const schemeOf = (name: string): unknown =>
      JSON.parse(readFileSync(join(packages, name, '1.0.0/model.json'), 'utf8')).variants.int8.scheme;
    expect(schemeOf('gemm')).toBe(schemeOf('encoder'));
    const [expected, actual] = [await embed('encoder'), await embed('gemm')];
    expect(actual.together).toEqual(actual.alone);
    for (const [index, row] of flat(actual.alone).entries())
      expect(row).toBeCloseTo(flat(expected.alone)[index] ?? Number.NaN, 1);
  }, 120_000);
});

const flat = (rows: unknown): readonly number[] =>
  Array.isArray(rows) ? rows.flat(Number.POSITIVE_INFINITY) : [];

/** Writes the products that expand the hidden states as exporters of 2-D layers do: `Gemm` of flat rows, with its bias; tells how many. */
function withGemm({ graph }: OnnxModel): number {
  const tensorOf = (name: string) => graph.initializer.find((tensor) => tensor.name === name);
  const merged = new Set<OnnxNode>();
  const nodes = graph.node.flatMap((node): OnnxNode[] => {
    const [rows = '', weightsName = ''] = node.input;
    const [own = ''] = node.output;
    const weights = tensorOf(weightsName);
    const [inputs = 0, outputs = 0] = weights?.dims ?? [];
    const adds = graph.node.find(({ opType, input }) => opType === 'Add' && input.includes(own));
    const bias = adds?.input.find((name) => tensorOf(name) !== undefined);
    if (node.opType !== 'MatMul' || outputs !== 4 * inputs || !weights || !adds || !bias) return [node];
    merged.add(adds);
    graph.initializer.push(
      floatTensor(`${own}/turned`, [outputs, inputs], transpose(floats(weights), inputs, outputs)),
      int64Tensor(`${own}/rows`, [2], [-1, inputs]),
      int64Tensor(`${own}/first`, [1], [0]),
      int64Tensor(`${own}/last`, [1], [2]),
      int64Tensor(`${own}/outputs`, [1], [outputs]),
    );
    return [
      makeNode('Shape', [rows], [`${own}/shape`]),
      makeNode('Slice', [`${own}/shape`, `${own}/first`, `${own}/last`], [`${own}/batch`]),
      makeNode('Concat', [`${own}/batch`, `${own}/outputs`], [`${own}/back`], {
        attributes: { axis: int(0) },
      }),
      makeNode('Reshape', [rows, `${own}/rows`], [`${own}/flat`]),
      makeNode('Gemm', [`${own}/flat`, `${own}/turned`, bias], [`${own}/product`], {
        attributes: { transB: int(1) },
      }),
      makeNode('Reshape', [`${own}/product`, `${own}/back`], [adds.output[0] ?? '']),
    ];
  });
  graph.node = nodes.filter((node) => !merged.has(node));
  return merged.size;
}
