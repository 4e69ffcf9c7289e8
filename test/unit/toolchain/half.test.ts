import { beforeAll, describe, expect, it } from 'vitest';
import { MICROSOFT } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { int, ints, makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import {
  ATTRIBUTE,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  ELEMENT,
  floats,
  floatTensor,
  int64Tensor,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { runGraph } from '../../../model-assets/toolchain/src/runtime/run-graph.ts';
import { valueTypes } from '../../../model-assets/toolchain/src/runtime/value-types.ts';
import { buildHalf } from '../../../model-assets/toolchain/src/schemes/fp16.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { collectPeaks, half, rounded, withPeaks } from '../../../model-assets/toolchain/src/stages/half.ts';
import { FAMILIES, SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { lookupModel, runLookup } from './fixtures/lookup-model.ts';
import { runModel } from './fixtures/run-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const IDS = [1, 0, 2, 3];

/** Rows of a table that `ids` look up; the numbers are exact in half precision. */
function table(columns: number, scale = 1): OnnxTensor {
  const values = Float32Array.from({ length: 4 * columns }, (_, at) => scale * ((at % 7) - 3 + at / 64));
  return floatTensor('table', [4, columns], values);
}

function relative(actual: Float32Array, expected: Float32Array): number {
  const squares = expected.reduce((sum, value) => sum + value * value, 0);
  const errors = expected.reduce((sum, value, at) => sum + ((actual[at] ?? Number.NaN) - value) ** 2, 0);
  return Math.sqrt(errors / squares);
}

/** What fp32 gives for the ids, and what half precision does, rounded as a GPU rounds it. */
async function bothOf(make: () => OnnxModel, options: { readonly measured?: boolean } = {}) {
  const expected = await runLookup(make(), IDS);
  const model = make();
  const types = await valueTypes(model, folder);
  const runs = options.measured === false ? [] : await runGraph(withPeaks(model, types), [{ ids: IDS }]);
  const report = half(model, types, collectPeaks(runs));
  const actual = await runLookup(rounded(model, await valueTypes(model, folder)), IDS);
  return { report, expected, actual, served: await runLookup(model, IDS), model };
}

describe('the fp16 variant of a checkpoint', () => {
  /** Two texts, the second one shorter: its padding must not be seen. */
  const feed = (padding: number) => ({
    input_ids: [2, 14, 700, 33, 48, 3, 2, 90, 91, 3, padding, padding],
    attention_mask: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
    token_type_ids: [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0],
  });
  const single = { input_ids: [2, 90, 91, 3], attention_mask: [1, 1, 1, 1], token_type_ids: [0, 0, 0, 0] };

  it.each(
    FAMILIES.flatMap((family) =>
      (['sequence-classification', 'token-classification'] as const).map((head) => [family, head] as const),
    ),
  )('of %s for %s gives what fp32 gives, to half precision, from int64 to float32', async (family, head) => {
    const source = `${folder}/${family}-${head}`;
    writeCheckpoint({ family, head, shape: SHAPES.tiny, labels: ['a', 'b', 'c'] }, source);
    const { model: fp32 } = await readSource(source);
    const padding = family === 'bert' || family === 'distilbert' ? 0 : 1;
    const batch = feed(padding);
    const expected = await runModel(fp32, batch, [2, 6]);
    const alone = await runModel(fp32, single, [1, 4]);
    const names = fp32.graph.input.map(({ name }) => name);
    const feeds = [Object.fromEntries(Object.entries(single).filter(([name]) => names.includes(name)))];
    const built = await buildHalf((await readSource(source)).model, {
      feeds: async () => feeds,
      progress: silent,
      scratch: folder,
    });
    expect(built.report).toMatchObject({ clipped: 0, outOfRange: [] });
    for (const model of [built.model, built.twin]) {
      const actual = await runModel(model, batch, [2, 6]);
      const perText = (actual.length / 2) | 0;
      const shorter = actual.slice(perText, perText + alone.length);
      expect(relative(actual.slice(0, perText), expected.slice(0, perText))).toBeLessThan(8e-3);
      expect(relative(shorter, alone)).toBeLessThan(8e-3);
    }
  });

  it('has its weights in half precision, and no mask of keys, which WebGPU has no kernel for', async () => {
    const source = `${folder}/bert-weights`;
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, source);
    const { model } = await buildHalf((await readSource(source)).model, {
      feeds: async () => [single],
      progress: silent,
      scratch: folder,
    });
    const { graph } = model;
    expect(graph.initializer.filter(({ dataType }) => dataType === ELEMENT.float32)).toEqual([]);
    expect(graph.initializer.filter(({ dataType }) => dataType === ELEMENT.float16).length).toBeGreaterThan(
      20,
    );
    const attention = graph.node.filter(({ domain }) => domain === MICROSOFT);
    expect(attention.map(({ input }) => [input[4], input[5]])).toEqual(
      Array.from({ length: 2 }, () => ['', 'padding/mask/square']),
    );
  });
});

describe('the half stage', () => {
  const product = [makeNode('MatMul', ['rows', 'w'], ['result'], { name: 'product' })];

  it('rounds weights to the nearest half, and values as a GPU does', async () => {
    const w = floatTensor('w', [2, 2], Float32Array.of(1.0001, 0, 0, 1 / 3));
    const { served, actual, model } = await bothOf(() => lookupModel(product, [table(2), w]));
    const weights = model.graph.initializer.find(({ name }) => name === 'w/half');
    expect(weights && floats(weights)).toEqual(Float32Array.of(1, 0, 0, 0x555 / 4096));
    expect(served).toEqual(
      Float32Array.from(actual, (value, at) => (at % 2 === 0 ? value : (served[at] ?? 0))),
    );
    expect(relative(actual, served)).toBeGreaterThan(0);
    expect(relative(actual, served)).toBeLessThan(2 ** -11);
  });

  describe('keeps normalisation that exporters take apart in fp32', () => {
    const nodes: OnnxNode[] = [
      makeNode('ReduceMean', ['rows'], ['mean'], { attributes: { axes: ints([-1]) } }),
      makeNode('Sub', ['rows', 'mean'], ['centred']),
      makeNode('Pow', ['centred', 'two'], ['squares']),
      makeNode('ReduceMean', ['squares'], ['variance'], { attributes: { axes: ints([-1]) } }),
      makeNode('Add', ['variance', 'epsilon'], ['shifted']),
      makeNode('Sqrt', ['shifted'], ['deviation']),
      makeNode('Div', ['centred', 'deviation'], ['normed']),
      makeNode('MatMul', ['normed', 'w'], ['result'], { name: 'product' }),
    ];
    const scalar = (name: string, value: number) => floatTensor(name, [], Float32Array.of(value));
    const w = floatTensor(
      'w',
      [8, 2],
      Float32Array.from({ length: 16 }, (_, at) => (at % 5) / 4),
    );

    it.each([
      ['whose squares leave the range', 500],
      ['so small that squares and epsilon vanish', 1e-4],
    ])('of values %s', async (_, scale) => {
      const constants = [table(8, scale), scalar('two', 2), scalar('epsilon', 1e-12), w];
      const { expected, actual, report } = await bothOf(() => lookupModel(nodes, constants));
      expect(report).toMatchObject({ operators: 2, outOfRange: [] });
      expect(relative(actual, expected)).toBeLessThan(5e-3);
    });
  });

  describe('keeps operators in fp32 whose values were too large on the goldens', () => {
    const nodes = [
      makeNode('MatMul', ['rows', 'up'], ['large'], { name: 'up' }),
      makeNode('Relu', ['large'], ['active'], { name: 'relu' }),
      makeNode('MatMul', ['active', 'down'], ['result'], { name: 'down' }),
    ];
    const make = () =>
      lookupModel(nodes, [
        table(2, 4),
        floatTensor('up', [2, 2], Float32Array.of(3e4, 1e4, 2e4, 4e4)),
        floatTensor('down', [2, 1], Float32Array.of(1e-4, 2e-4)),
      ]);

    it('and names them', async () => {
      const { expected, actual, report } = await bothOf(make);
      expect(report.outOfRange).toEqual(['up', 'relu', 'down']);
      expect(relative(actual, expected)).toBeLessThan(1e-3);
    });

    it('for without that they are infinite', async () => {
      const { actual } = await bothOf(make, { measured: false });
      expect([...actual].some((value) => !Number.isFinite(value))).toBe(true);
    });
  });

  it('makes masks of the lowest float32 finite, so that a softmax is no NaN', async () => {
    const nodes = [
      makeNode('Mul', ['padding', 'lowest'], ['mask'], { name: 'mask' }),
      makeNode('Add', ['rows', 'mask'], ['masked'], { name: 'masked' }),
      makeNode('Softmax', ['masked'], ['result'], { name: 'softmax', attributes: { axis: int(-1) } }),
    ];
    const lowest = floatTensor('lowest', [], Float32Array.of(-3.4028234663852886e38));
    const padding = floatTensor('padding', [3], Float32Array.of(0, 1, 1));
    // Measured as it is, the mask would be kept in fp32 for its size.
    const { expected, actual, report } = await bothOf(() => lookupModel(nodes, [table(3), lowest, padding]), {
      measured: false,
    });
    expect(report.clipped).toBe(1);
    expect([...expected.slice(0, 3)]).toEqual([1, 0, 0]);
    expect(actual).toEqual(expected);
  });

  it('gives a value that is both an output and read within the graph to each in its precision', async () => {
    const nodes = [
      makeNode('MatMul', ['rows', 'w'], ['result'], { name: 'product' }),
      makeNode('ReduceSum', ['result', 'axes'], ['sum'], { name: 'sum' }),
      makeNode('Relu', ['result'], ['relu'], { name: 'relu' }),
    ];
    const w = floatTensor('w', [2, 2], Float32Array.of(1, 2, 3, 4));
    const { served, expected, model } = await bothOf(() =>
      lookupModel(nodes, [table(2), w, int64Tensor('axes', [1], [-1])]),
    );
    expect(relative(served, expected)).toBeLessThan(1e-3);
    const inputOf = (name: string) => model.graph.node.find((node) => node.name === name)?.input[0];
    expect([inputOf('sum'), inputOf('relu')]).toEqual(['result', 'result/half']);
  });

  describe('refuses', () => {
    let types: Awaited<ReturnType<typeof valueTypes>>;
    const make = (weight: number) =>
      lookupModel(product, [table(2), floatTensor('w', [2, 2], Float32Array.of(1, 2, 3, weight))]);
    beforeAll(async () => {
      types = await valueTypes(make(4), folder);
    });

    it('NaN, by the name of the weights', () => {
      expect(() => half(make(Number.NaN), types)).toThrow(/w holds NaN/);
    });

    it('a graph within a node', () => {
      const model = make(4);
      const { graph } = make(4);
      model.graph.node.push({
        ...makeNode('If', ['c'], ['d']),
        attribute: [{ name: 'then_branch', type: ATTRIBUTE.graph, g: graph }],
      });
      expect(() => half(model, types)).toThrow(/If with a graph inside/);
    });
  });
});
