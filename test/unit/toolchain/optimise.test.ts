import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floats, floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { optimise } from '../../../model-assets/toolchain/src/stages/optimise.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const scratch = temporaryFolder();
const opTypes = (model: OnnxModel) => model.graph.node.map(({ opType }) => opType);

async function tinyBert(): Promise<OnnxModel> {
  writeCheckpoint(
    { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['a', 'b'] },
    folder,
  );
  return (await readSource(folder)).model;
}

/** y = x * (1/sqrt(2)) as exporters spell GELU: 0.5 x (1 + erf(x / sqrt(2))), with a constant left to compute. */
function spelledOutGelu(): OnnxModel {
  const graph = new GraphBuilder('gelu');
  const scalar = (name: string, value: number) =>
    graph.constant(floatTensor(name, [], Float32Array.of(value)));
  const x = graph.input('x', ELEMENT.float32, ['n', 4]);
  const ratio = graph.op('Div', [x, graph.op('Sqrt', [scalar('two', 2)], 'root')], 'ratio');
  const sum = graph.op('Add', [graph.op('Erf', [ratio], 'erf'), scalar('one', 1)], 'sum');
  const product = graph.op('Mul', [x, sum], 'product');
  graph.output(graph.op('Mul', [product, scalar('half', 0.5)], 'y'), ELEMENT.float32, ['n', 4]);
  return graph.build();
}

describe('the optimise stage', () => {
  it('folds constants and fuses what exporters spell out', async () => {
    expect(opTypes(await optimise(spelledOutGelu(), { scratch }))).toEqual(['Gelu']);
  });

  it('gives the same bytes for the same model', async () => {
    const model = await tinyBert();
    expect(Buffer.from(encodeModel(await optimise(model, { scratch })))).toEqual(
      Buffer.from(encodeModel(await optimise(model, { scratch }))),
    );
  });

  it('makes no SkipLayerNormalization, which is slower than the two nodes that it replaces', async () => {
    const optimised = opTypes(await optimise(await tinyBert(), { scratch }));
    expect(optimised).toContain('LayerNormalization');
    expect(optimised).not.toContain('SkipLayerNormalization');
  });

  it('declares only the operator sets that the graph uses', async () => {
    const { opsetImport } = await optimise(await tinyBert(), { scratch });
    expect(opsetImport.map(({ domain }) => domain)).toEqual(['', 'com.microsoft']);
  });

  it('leaves weights in the layout that they had, so that a package serves on any processor', async () => {
    const model = await tinyBert();
    const name = 'layer.0/expand.weight';
    const weights = async (from: OnnxModel) => {
      const tensor = from.graph.initializer.find((candidate) => candidate.name === name);
      return tensor && { dims: tensor.dims, values: floats(tensor) };
    };
    expect(await weights(await optimise(model, { scratch }))).toEqual(await weights(model));
  });

  it('refuses a graph that the runtime refuses, and says why', async () => {
    const model = await tinyBert();
    model.graph.node.push(makeNode('NoSuchOperator', ['logits'], ['other']));
    await expect(optimise(model, { scratch })).rejects.toMatchObject({
      code: 'OPTIMISE_FAILED',
      message: expect.stringMatching(/NoSuchOperator/),
    });
  });
});
