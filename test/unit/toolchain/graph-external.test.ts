import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { loadModel, saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { makeNode, tensor } from '../../../model-assets/toolchain/src/graph/node.ts';
import {
  ATTRIBUTE,
  encodeModel,
  type OnnxModel,
  type OnnxTensor,
  parseModel,
} from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floats, floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { tensorsIn } from '../../../model-assets/toolchain/src/graph/walk.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.onnx');
const weights = join(folder, 'weights.bin');

/** x + large + small, with 1,500 and 1,024 numbers in the large ones and 3 in the small one. */
function model(): OnnxModel {
  const graph = new GraphBuilder('sum');
  graph.input('x', ELEMENT.float32, [1]);
  for (const [name, count] of [
    ['large', 1500],
    ['small', 3],
    ['page', 1024],
  ] as const) {
    graph.constant(
      floatTensor(
        name,
        [count],
        Float32Array.from({ length: count }, (_, index) => index),
      ),
    );
  }
  graph.output(graph.op('Identity', ['x'], 'y'), ELEMENT.float32, [1]);
  return graph.build();
}

/** A model whose one initialiser is somewhere else. */
function modelAt(location: string, entries: Readonly<Record<string, string>> = {}): void {
  const outside = model();
  const externalData = Object.entries({ location, ...entries }).map(([key, value]) => ({ key, value }));
  outside.graph.initializer = [
    { name: 'w', dims: [2], dataType: ELEMENT.float32, dataLocation: 1, externalData },
  ];
  writeFileSync(path, encodeModel(outside));
}

describe('external weights', () => {
  it('start at pages, from 4 KiB on; smaller tensors stay in the graph', () => {
    saveModel(model(), path, weights);
    const written = parseModel(readFileSync(path)).graph.initializer;
    const places = written.map(({ name, dataLocation, externalData }) => [
      name,
      dataLocation === 1
        ? Object.fromEntries(externalData?.map(({ key, value }) => [key, value]) ?? [])
        : 'inline',
    ]);
    expect(places).toEqual([
      ['large', { location: 'weights.bin', offset: '0', length: '6000' }],
      ['small', 'inline'],
      ['page', { location: 'weights.bin', offset: '8192', length: '4096' }],
    ]);
    expect(readFileSync(weights)).toHaveLength(8192 + 4096);
  });

  it('come back with the model, which names their files', () => {
    saveModel(model(), path, weights);
    const loaded = loadModel(path);
    expect(loaded.weights).toEqual(['weights.bin']);
    expect(loaded.model.graph.initializer.map((tensor) => [...floats(tensor)])).toEqual(
      model().graph.initializer.map((tensor) => [...floats(tensor)]),
    );
  });

  it('leave the model in memory as it was, and are the same bytes again', () => {
    const source = model();
    saveModel(source, path, weights);
    const first = [readFileSync(path), readFileSync(weights)];
    expect(source.graph.initializer.every(({ dataLocation }) => dataLocation === undefined)).toBe(true);
    saveModel(source, path, weights);
    expect([readFileSync(path), readFileSync(weights)]).toEqual(first);
  });

  it('may be in a folder below the model, as exporters write them', () => {
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'w'), Buffer.from(Float32Array.of(9, 5, 6).buffer));
    modelAt('data/w', { offset: '4', length: '8' });
    const [tensor] = loadModel(path).model.graph.initializer;
    expect(tensor && [...floats(tensor)]).toEqual([5, 6]);
  });

  it('may belong to a Constant node, or to one in a graph inside another', () => {
    writeFileSync(join(folder, 'c'), Buffer.from(Float32Array.of(7, 8).buffer));
    const constant = (name: string): OnnxTensor => ({
      ...{ name, dims: [2], dataType: ELEMENT.float32, dataLocation: 1 },
      externalData: [{ key: 'location', value: 'c' }],
    });
    const outside = model();
    const inner = model().graph;
    inner.node.unshift(makeNode('Constant', [], ['in'], { attributes: { value: tensor(constant('in')) } }));
    outside.graph.node.unshift(
      makeNode('Constant', [], ['out'], { attributes: { value: tensor(constant('out')) } }),
      {
        ...makeNode('If', ['x'], ['z']),
        attribute: [{ name: 'then_branch', type: ATTRIBUTE.graph, g: inner }],
      },
    );
    writeFileSync(path, encodeModel(outside));
    const loaded = loadModel(path);
    expect(loaded.weights).toEqual(['c']);
    const found = [...tensorsIn(loaded.model.graph)].filter(({ name }) => ['in', 'out'].includes(name));
    expect(found.map((each) => [...floats(each)])).toEqual([
      [7, 8],
      [7, 8],
    ]);
    rmSync(join(folder, 'c'));
    expect(parseModel(encodeModel(loaded.model)).graph.node).toHaveLength(3);
  });

  it('stay in their file until they are asked for, and are written with the model', () => {
    saveModel(model(), path, weights);
    const loaded = loadModel(path).model;
    const [large] = loaded.graph.initializer;
    expect(large?.rawData).toBeUndefined();
    expect(large && floats(large)[1499]).toBe(1499);
    const inline = parseModel(encodeModel(loaded)).graph.initializer;
    expect(inline.map((each) => floats(each).length)).toEqual([1500, 3, 1024]);
  });

  it.each(['../w', '/etc/hostname', 'data/../../w', './../w', '', 'data\\w', 'C:w', 'data//w', 'w\0'])(
    'are refused at %j, which may lead out of the folder',
    (location) => {
      modelAt(location);
      expect(() => loadModel(path)).toThrow(/not a path inside its folder/);
    },
  );

  it('are refused when they are missing, too short, or of another size than their tensor', () => {
    modelAt('none.bin');
    expect(() => loadModel(path)).toThrow("'none.bin', which is missing");
    writeFileSync(join(folder, 'short.bin'), new Uint8Array(7));
    modelAt('short.bin');
    expect(() => loadModel(path)).toThrow("'short.bin' is shorter");
    modelAt('short.bin', { length: '4' });
    expect(() => loadModel(path)).toThrow("'w' does not fit its shape [2]");
    modelAt('short.bin', { offset: '-1' });
    expect(() => loadModel(path)).toThrow("'w' does not fit its shape [2]");
  });
});
