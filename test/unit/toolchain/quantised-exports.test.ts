import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { int, makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import {
  encodeModel,
  type OnnxGraph,
  type OnnxModel,
} from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { findQuantisation } from '../../../model-assets/toolchain/src/graph/quantised.ts';
import {
  byteCount,
  ELEMENT,
  floats,
  floatTensor,
  int8Tensor,
  rawTensor,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';
import type { PackageOptions } from '../../../model-assets/toolchain/src/options.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { quantise } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { SERVED_RANGE } from '../../fixtures/processor.ts';
import { sampled } from '../../scale.ts';
import { addOptions, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const checkpoint = tinyCheckpoint(folder);
let name = 0;

/** A folder with the tiny checkpoint as an .onnx export, changed in place by `change`. */
async function exported(change: (model: OnnxModel) => void, file = 'model.onnx'): Promise<string> {
  const source = join(folder, `export-${++name}`);
  cpSync(checkpoint, source, { recursive: true });
  rmSync(join(source, 'model.safetensors'));
  const { model } = await readSource(checkpoint);
  change(model);
  mkdirSync(join(source, 'onnx'));
  writeFileSync(join(source, file), encodeModel(model));
  return source;
}

const add = (source: string, options: Partial<PackageOptions> = {}) =>
  packageModel(
    {
      ...addOptions(source, packages, { name: `t${name}`, ...options }),
      quantise: { keep: [], reduceRange: false },
    },
    silent,
  );

/** Weights of products as int8 behind DequantizeLinear, or behind Cast and Mul: computed in fp32. */
function storeAsIntegers({ graph }: OnnxModel, how: 'DequantizeLinear' | 'Cast'): void {
  for (const weights of graph.initializer.filter(({ dims }) => dims.length === 2)) {
    const values = floats(weights);
    const step = values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0) / 127;
    const stored = int8Tensor(
      `${weights.name}/s8`,
      weights.dims,
      Int8Array.from(values, (value) => Math.round(value / step)),
    );
    const scale = floatTensor(`${weights.name}/step`, [], Float32Array.of(step));
    graph.initializer = [...graph.initializer.filter((tensor) => tensor !== weights), stored, scale];
    const nodes =
      how === 'DequantizeLinear'
        ? [makeNode('DequantizeLinear', [stored.name, scale.name], [weights.name])]
        : [
            makeNode('Cast', [stored.name], [`${weights.name}/cast`], {
              attributes: { to: int(ELEMENT.float32) },
            }),
            makeNode('Mul', [`${weights.name}/cast`, scale.name], [weights.name]),
          ];
    graph.node.unshift(...nodes);
  }
}

function quantiseInPlace(model: OnnxModel): void {
  quantise(model, SERVED_RANGE);
}

describe('an export that is quantised already', () => {
  const kinds = [
    ['dynamic products', quantiseInPlace],
    ['weights behind Cast and Mul', (model: OnnxModel) => storeAsIntegers(model, 'Cast')],
    ['weights behind DequantizeLinear', (model: OnnxModel) => storeAsIntegers(model, 'DequantizeLinear')],
  ] as const;
  it.each(sampled(kinds, { short: 2 }))(
    'to %s is packaged as it is, at its size, and named so',
    async (_, change) => {
      const file = 'onnx/model_quantized.onnx';
      const source = await exported(change, file);
      const { manifest, quantised, notes, folder: made } = await add(source);
      expect(manifest.variants).toMatchObject({ int8: { scheme: 'int8-exported', tier: 'lambda' } });
      expect(Object.keys(manifest.variants)).toEqual(['int8']);
      expect(manifest.source).toMatchObject({ kind: 'onnx', precision: 'int8' });
      expect(quantised).toBeUndefined();
      expect(notes[0]).toMatch(
        /^onnx\/model_quantized\.onnx is quantised already, to int8: it is packaged as it is/,
      );
      const sizes = manifest.variants.int8?.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
      const pages = 4096 * 12;
      expect(sizes).toBeLessThan(1.1 * statSync(join(source, file)).size + pages);
      expect(readFileSync(join(made, 'MODEL_CARD.md'), 'utf8')).toMatch(
        /\(onnx, weights of int8\)[\s\S]*\| int8 \| int8-exported \|/,
      );
    },
  );

  it('has no fp32, no fp16, and nothing to be quantised again', async () => {
    const source = await exported((model) => storeAsIntegers(model, 'DequantizeLinear'));
    for (const variants of [['fp32'], ['int8', 'fp16'], ['fp32', 'int8']] as const) {
      await expect(add(source, { variants })).rejects.toMatchObject({
        code: 'SOURCE_UNSUPPORTED',
        message: expect.stringMatching(
          /^The export is quantised already, to int8, so there is no fp(32|16) of it/,
        ),
      });
    }
    const options = addOptions(source, packages, {
      name: 'again',
      quantise: { keep: [], reduceRange: true },
    });
    await expect(packageModel(options, silent)).rejects.toThrow('so it is not quantised again');
  });
});

describe('an export of half precision', () => {
  let source: string;
  beforeAll(async () => {
    source = await exported(({ graph }) => {
      for (const tensor of graph.initializer.filter(({ dims }) => dims.length === 2)) {
        graph.node.unshift(
          makeNode('Cast', [`${tensor.name}/half`], [tensor.name], {
            attributes: { to: int(ELEMENT.float32) },
          }),
        );
        // The upper half of a float32 is a bfloat16.
        const halves = new Uint16Array(floats(tensor).slice().buffer).filter((_, index) => index % 2 === 1);
        graph.initializer = graph.initializer.filter((one) => one !== tensor);
        graph.initializer.push(
          rawTensor(`${tensor.name}/half`, ELEMENT.bfloat16, tensor.dims, new Uint8Array(halves.buffer)),
        );
      }
    });
  });

  it('is quantised like any other, and the manifest says what its weights were', async () => {
    const { manifest, quantised, notes } = await packageModel(
      addOptions(source, packages, { name: 'half', variants: ['int8', 'fp32'] }),
      silent,
    );
    expect(manifest.source.precision).toBe('bf16');
    expect(quantised?.products).toBeGreaterThan(5);
    expect(notes[0]).toContain('weights in bf16, which are read as fp32 without a loss');
  });
});

test.each([
  ['MatMulInteger', {}, 'int8'],
  ['QLinearMatMul', {}, 'int8'],
  ['QuantizeLinear', {}, 'int8'],
  ['QAttention', {}, 'int8'],
  ['MatMulNBits', { bits: int(8) }, 'int8'],
  ['MatMulNBits', { bits: int(4) }, 'int4'],
  ['MatMulNBits', {}, 'int4'],
  ['MatMulBnb4', {}, 'int4'],
  ['MatMul', {}, undefined],
] as const)('a graph with %s (%j) has weights of %s', (opType, attributes, expected) => {
  expect(findQuantisation(graphOf(opType, attributes))).toBe(expected);
});

test('weights of 4 bits take half a byte each, and are seen wherever they are', () => {
  const packed = rawTensor('w', ELEMENT.int4, [3, 3], new Uint8Array(5));
  expect(byteCount(packed)).toBe(5);
  const graph = graphOf('MatMul');
  graph.initializer.push(packed);
  expect(findQuantisation(graph)).toBe('int4');
});

test('a mask of bytes is no weight, and a matrix of bytes is one', () => {
  const graph = graphOf('MatMul');
  graph.initializer.push(rawTensor('mask', ELEMENT.uint8, [1, 1, 64, 64], new Uint8Array(4096)));
  expect(findQuantisation(graph)).toBeUndefined();
  graph.initializer.push(rawTensor('w', ELEMENT.uint8, [64, 64], new Uint8Array(4096)));
  expect(findQuantisation(graph)).toBe('int8');
});

function graphOf(opType: string, attributes = {}): OnnxGraph {
  const builder = new GraphBuilder('one node');
  const x = builder.input('x', ELEMENT.float32, ['n']);
  builder.output(builder.op(opType, [x], 'y', { attributes }), ELEMENT.float32, ['n']);
  return builder.build().graph;
}
