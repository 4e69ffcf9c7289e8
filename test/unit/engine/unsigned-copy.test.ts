import assert from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, number, text } from '../../../layers/engine/src/session/graph-bytes.ts';
import { writeUnsignedCopy } from '../../../layers/engine/src/session/unsigned-copy.ts';
import { loadModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { Random } from '../../fixtures/random.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotlight-unsigned-'));
});
afterEach(() => rm(folder, { recursive: true }));

const UINT8 = 2;
const INT8 = 3;

interface Graph {
  readonly weights: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly location?: string;
  readonly operator?: string;
  readonly inputs?: readonly string[];
}

/** Writes a graph of one node whose weights are bytes of a file beside it, as onnx.proto3 has it. */
async function writeGraph({
  weights,
  offset,
  length,
  location = 'weights.bin',
  ...node
}: Graph): Promise<string> {
  const { operator = 'MatMulInteger', inputs = ['x', 'w', 'x_zero'] } = node;
  const entry = (key: string, value: string) => bytes(13, [...text(1, key), ...text(2, value)]);
  const tensor = [
    ...number(1, length),
    ...number(1, 1),
    ...number(2, INT8),
    ...text(8, 'w'),
    ...entry('location', location),
    ...entry('offset', `${offset}`),
    ...entry('length', `${length}`),
    ...number(14, 1),
  ];
  const graph = [
    ...bytes(1, [...inputs.flatMap((input) => text(1, input)), ...text(2, 'y'), ...text(4, operator)]),
    ...text(2, 'one product'),
    ...bytes(5, tensor),
    ...bytes(11, text(1, 'x')),
    ...bytes(12, text(1, 'y')),
  ];
  const file = join(folder, 'model.onnx');
  await writeFile(file, Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, number(2, 17))]));
  await writeFile(join(folder, 'weights.bin'), weights);
  return file;
}

const randomBytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256));

describe('a copy with unsigned weights', () => {
  it('has 128 more in each weight and nothing else changed, wherever the weights lie', async () => {
    const random = new Random(1);
    for (let round = 0; round < 50; round++) {
      const weights = randomBytes(random, 200 + random.below(100));
      const offset = random.below(64);
      const length = 64 + random.below(weights.length - offset - 64);
      weights[offset] = 127;
      const copy = writeUnsignedCopy(await writeGraph({ weights, offset, length }));
      assert(copy);
      const written = await readFile(join(dirname(copy.file), 'weights.bin'));
      copy.remove();
      const expected = weights.map((byte, at) =>
        at >= offset && at < offset + length ? (byte + 128) % 256 : byte,
      );
      expect(Buffer.compare(written, expected), `round ${round}`).toBe(0);
    }
  });

  it('is as long as weights of several chunks', async () => {
    const weights = new Uint8Array(9 << 20).fill(100);
    const [offset, length] = [(4 << 20) - 7, (4 << 20) + 9];
    const copy = writeUnsignedCopy(await writeGraph({ weights, offset, length }));
    assert(copy);
    const written = await readFile(join(dirname(copy.file), 'weights.bin'));
    copy.remove();
    expect(written.length).toBe(weights.length);
    expect(written.indexOf(228)).toBe(offset);
    expect(written.lastIndexOf(228)).toBe(offset + length - 1);
    expect(written.subarray(offset, offset + length).every((byte) => byte === 228)).toBe(true);
  });

  it('has a zero point of 128 behind the inputs of the product', async () => {
    const weights = new Uint8Array(64).fill(127);
    const copy = writeUnsignedCopy(await writeGraph({ weights, offset: 0, length: 64, inputs: ['x', 'w'] }));
    assert(copy);
    const { graph } = loadModel(copy.file).model;
    copy.remove();
    const [node] = graph.node;
    expect(node?.input.slice(0, 3)).toEqual(['x', 'w', '']);
    const zero = graph.initializer.find(({ name }) => name === node?.input[3]);
    expect({ type: zero?.dataType, value: zero?.rawData?.[0] }).toEqual({ type: UINT8, value: 128 });
  });

  it.each<[string, Partial<Graph>]>([
    ['weights with a zero point that is computed', { inputs: ['x', 'w', 'x_zero', 'w_zero'] }],
    ['a product that it does not know', { operator: 'ConvInteger' }],
    ['weights that are read as activations', { inputs: ['w', 'w'] }],
    ['a file outside the folder', { location: '../weights.bin' }],
    ['weights of 7 bits', { weights: new Uint8Array(64).fill(63) }],
  ])('is not made of %s', async (_, changed) => {
    const weights = new Uint8Array(64).fill(127);
    expect(
      writeUnsignedCopy(await writeGraph({ weights, offset: 0, length: 64, ...changed })),
    ).toBeUndefined();
  });

  it('is not made of bytes that are no graph', async () => {
    const random = new Random(2);
    const file = await writeGraph({ weights: new Uint8Array(64).fill(127), offset: 0, length: 64 });
    const graph = await readFile(file);
    for (let length = 1; length < graph.length; length++) {
      await writeFile(file, graph.subarray(0, length));
      writeUnsignedCopy(file)?.remove();
    }
    for (let round = 0; round < 200; round++) {
      await writeFile(file, randomBytes(random, random.below(100)));
      expect(writeUnsignedCopy(file)).toBeUndefined();
    }
  });
});
