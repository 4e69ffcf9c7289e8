import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { writeGguf } from '../../../bench/generate/gguf/gguf-file.ts';
import { describeGguf } from '../../../bench/generate/gguf/models.ts';
import { encodeQ8 } from '../../../bench/generate/gguf/q8.ts';
import { findLlama } from '../../../bench/generate/node-llama-cpp.ts';
import { findShape } from '../../../bench/generate/shapes.ts';
import { Random } from '../../../fixtures/random.ts';
import { randomWeights } from '../../../support/generation/random-weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('Q8_0', () => {
  it('has the bytes that gguf 0.19.0 of PyPI gives', () => {
    const values = new Random(7).normals(96, 0.5, 0);
    values[3] = 0.25;
    values.fill(0, 64);
    expect(Buffer.from(encodeQ8(values)).toString('hex')).toBe(
      'cc20d00de61bfee002e1ca1b266ccfb6e32418a3f8cc4660ea7f6ef20753212e9b20' +
        'd220e7562c510fd8295e55eb2406bda6812dd3fc551af4d66316d44bee17600e44e5' +
        '00'.repeat(34),
    );
  });
});

describe('a GGUF', () => {
  it('has its head, its tensors by the inner dimension first, and their bytes at multiples of 32', () => {
    const file = join(folder, 'small.gguf');
    const values = Float32Array.from({ length: 64 }, (_, index) => index);
    writeGguf(file, { 'general.architecture': { kind: 'string', value: 'x' } }, [
      { name: 'a', shape: [3], type: 'F32', values: () => values.slice(0, 3) },
      { name: 'b', shape: [2, 32], type: 'Q8_0', values: () => values },
      { name: 'c', shape: [2], type: 'F32', values: () => values.slice(5, 7) },
    ]);
    const bytes = readFileSync(file);
    expect(bytes.toString('latin1', 0, 4)).toBe('GGUF');
    expect([bytes.readUInt32LE(4), bytes.readBigUInt64LE(8), bytes.readBigUInt64LE(16)]).toEqual([3, 3n, 1n]);
    const infos = bytes.subarray(24 + 8 + 'general.architecture'.length + 4 + 8 + 1);
    const second = infos.indexOf('b') + 1;
    expect(infos.readUInt32LE(second)).toBe(2);
    expect([infos.readBigUInt64LE(second + 4), infos.readBigUInt64LE(second + 12)]).toEqual([32n, 2n]);
    expect([infos.readUInt32LE(second + 20), infos.readBigUInt64LE(second + 24)]).toEqual([8, 32n]);
    // 12 bytes of the first, 68 of the second, 8 of the third, each filled up.
    const data = bytes.subarray(bytes.length - (32 + 96 + 32));
    expect(data.readFloatLE(8)).toBe(2);
    expect(data.subarray(32, 32 + 68)).toEqual(Buffer.from(encodeQ8(values)));
    expect([data.readFloatLE(128), data.readFloatLE(132)]).toEqual([5, 6]);
    expect(bytes.length % 32).toBe(0);
  });

  it.each(['gpt2-tiny', 'llama-tiny'])('of %s has every weight of the checkpoint', (name) => {
    const shape = findShape(name);
    const model = describeGguf(shape, randomWeights(shape.tensors), 'Q8_0');
    const count = (shapes: readonly (readonly number[])[]) =>
      shapes.reduce((sum, dims) => sum + dims.reduce((product, length) => product * length, 1), 0);
    expect(count(model?.tensors.map((tensor) => tensor.shape) ?? [])).toBe(
      count(Object.values(shape.tensors)),
    );
    expect(model?.tensors.filter(({ type, shape: { length } }) => type === 'Q8_0' && length < 2)).toEqual([]);
  });

  it('turns the matrices of GPT-2, and lets rows of a head of Llama change places', () => {
    const gpt2 = findShape('gpt2-tiny');
    const weights = randomWeights(gpt2.tensors);
    const turned = describeGguf(gpt2, weights, 'F32')?.tensors.find(
      ({ name }) => name === 'blk.1.ffn_up.weight',
    );
    const original = weights.read('transformer.h.1.mlp.c_fc.weight');
    expect(turned?.shape).toEqual([512, 128]);
    expect(turned?.values()[3 * 128 + 7]).toBe(original[7 * 512 + 3]);

    const llama = findShape('llama-tiny');
    const rows = randomWeights(llama.tensors);
    const query = describeGguf(llama, rows, 'F32')?.tensors.find(
      ({ name }) => name === 'blk.0.attn_q.weight',
    );
    const source = rows.read('model.layers.0.self_attn.q_proj.weight');
    const row = (values: Float32Array | undefined, index: number) =>
      values?.subarray(index * 192, (index + 1) * 192);
    // Heads of 64: the first halves of them at even places, the second at odd ones.
    const moved = query?.values();
    for (const [to, from] of [
      [0, 0],
      [1, 32],
      [2, 1],
      [63, 63],
      [64, 64],
      [65, 96],
    ] as const)
      expect(row(moved, to)).toEqual(row(source, from));
  });

  it('is not made of a model with an encoder', () => {
    const shape = findShape('t5-tiny');
    expect(describeGguf(shape, randomWeights({}), 'F32')).toBeUndefined();
  });
});

describe('node-llama-cpp', () => {
  it('is found in the folder in which it was installed', () => {
    const root = join(folder, 'node_modules', 'node-llama-cpp');
    expect(findLlama(undefined)).toBeUndefined();
    expect(findLlama(folder)).toBeUndefined();
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'package.json'), JSON.stringify({ main: './dist/index.js', version: '3.0.1' }));
    expect(findLlama(folder)).toEqual({
      module: pathToFileURL(join(root, 'dist', 'index.js')).href,
      version: '3.0.1',
    });
  });
});
