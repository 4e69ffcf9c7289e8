import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { SafetensorsFile } from '../../../model-assets/toolchain/src/sources/safetensors-file.ts';
import { WeightFiles } from '../../../model-assets/toolchain/src/sources/weight-files.ts';
import { safetensorsHeader, writeSafetensors } from '../../fixtures/safetensors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'file.safetensors');

function open(header: unknown, data: Uint8Array = new Uint8Array(0)): SafetensorsFile {
  writeFileSync(path, Buffer.concat([safetensorsHeader(header), data]));
  return new SafetensorsFile(path);
}

describe('a .safetensors file', () => {
  it.each([
    ['F32', [1.5, -2, 0.25], Buffer.from(Float32Array.of(1.5, -2, 0.25).buffer)],
    ['F64', [1.5, -2, 0.25], Buffer.from(Float64Array.of(1.5, -2, 0.25).buffer)],
    [
      'F16',
      [1, -2, 2 ** -24, 65504, 0.333251953125],
      Buffer.from(Uint16Array.of(0x3c00, 0xc000, 1, 0x7bff, 0x3555).buffer),
    ],
    ['F16', [Number.POSITIVE_INFINITY, Number.NaN], Buffer.from(Uint16Array.of(0x7c00, 0x7e00).buffer)],
    ['BF16', [1, -2, 3.140625], Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x4049).buffer)],
  ])('gives %s values as float32', (dtype, values, bytes) => {
    const file = open({ x: { dtype, shape: [values.length], data_offsets: [0, bytes.length] } }, bytes);
    expect([...file.readFloats('x')]).toEqual(values);
    file.close();
  });

  it('reads each tensor from its own range, whatever the order of the header', () => {
    const bytes = Buffer.from(Float32Array.of(1, 2, 3).buffer);
    const entry = (start: number, end: number) => ({
      dtype: 'F32',
      shape: [(end - start) / 4],
      data_offsets: [start, end],
    });
    const file = open({ late: entry(4, 12), __metadata__: { format: 'pt' }, early: entry(0, 4) }, bytes);
    expect([...file.readFloats('late')]).toEqual([2, 3]);
    expect([...file.readFloats('early')]).toEqual([1]);
    expect([...file.entries.keys()]).toEqual(['late', 'early']);
    file.close();
  });

  const F32 = (start: number, end: number) => ({
    dtype: 'F32',
    shape: [(end - start) / 4],
    data_offsets: [start, end],
  });
  it.each([
    ['overlap', { a: F32(0, 8), b: F32(4, 12) }, 12, /overlaps/],
    ['gap', { a: F32(0, 4), b: F32(8, 12) }, 12, /belong to none/],
    ['truncation', { a: F32(0, 12) }, 8, /truncated/],
    ['bytes after the last tensor', { a: F32(0, 4) }, 8, /belong to no tensor/],
    [
      'a shape of another size',
      { a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } },
      8,
      /takes 12 bytes/,
    ],
    ['an unknown dtype', { a: { dtype: 'Q4', shape: [8], data_offsets: [0, 4] } }, 4, /'Q4' is not known/],
    ['a negative offset', { a: { dtype: 'U8', shape: [4], data_offsets: [-4, 0] } }, 4, /not valid/],
    ['a header that is a list', [], 0, /not valid|no tensor/],
  ])('is refused for %s', (_, header, bytes, message) => {
    const attempt = () => open(header, new Uint8Array(bytes)).readFloats('a');
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: 'WEIGHTS_INVALID' }));
  });

  it('is refused when its header is longer than the file, without reserving memory for it', () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(2n ** 63n);
    writeFileSync(path, bytes);
    expect(() => new SafetensorsFile(path)).toThrow(/header is said to take/);
  });

  it('says so when a tensor of integers is asked for', () => {
    const file = open({ ids: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(8));
    expect(() => file.readFloats('ids')).toThrow(/'ids' is I64/);
    file.close();
  });

  it('opens or is refused by name, whatever its bytes are', () => {
    writeSafetensors(path, [{ name: 'weight', shape: [2, 3], values: () => new Float32Array(6).fill(1) }]);
    const whole = Buffer.concat([
      safetensorsHeader({ weight: { dtype: 'F32', shape: [6], data_offsets: [0, 24] } }),
      Buffer.alloc(24),
    ]);
    const mutations = fc.record({
      length: fc.nat(whole.length),
      changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(mutations, ({ length, changes }) => {
        const bytes = Buffer.from(whole);
        for (const [index, value] of changes) bytes[index] = value;
        writeFileSync(path, bytes.subarray(0, length));
        expectOpensOrNames(() => new SafetensorsFile(path));
      }),
      { numRuns: 300 },
    );
  });

  it('opens or is refused by name, whatever its header says', () => {
    const header = fc.oneof(
      fc.json().map((json): unknown => JSON.parse(json)),
      fc.dictionary(
        fc.string(),
        fc.record({
          dtype: fc.constantFrom('F32', 'F16', 'I8', 'F7'),
          shape: fc.array(fc.oneof(fc.nat(9), fc.integer(), fc.double()), { maxLength: 3 }),
          data_offsets: fc.array(fc.oneof(fc.nat(64), fc.maxSafeInteger()), { maxLength: 3 }),
        }),
      ),
    );
    fc.assert(
      fc.property(header, fc.nat(64), (content, bytes) => {
        expectOpensOrNames(() => open(content, new Uint8Array(bytes)));
      }),
      { numRuns: 300 },
    );
  });
});

function expectOpensOrNames(attempt: () => SafetensorsFile): void {
  try {
    attempt().close();
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    expect(error.code).toBe('WEIGHTS_INVALID');
  }
}

describe('sharded weights', () => {
  const sharded = temporaryFolder();
  const index = (weight_map: Record<string, string>) =>
    writeFileSync(
      join(sharded, 'model.safetensors.index.json'),
      JSON.stringify({ metadata: {}, weight_map }),
    );
  const shard = (file: string, name: string, value: number) =>
    writeSafetensors(join(sharded, file), [{ name, shape: [1], values: () => Float32Array.of(value) }]);

  it('are read as one, each tensor from its file', () => {
    shard('model-00001-of-00002.safetensors', 'a', 1);
    shard('model-00002-of-00002.safetensors', 'b', 2);
    index({ a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' });
    const weights = new WeightFiles(new SourceFolder(sharded));
    expect([...weights.names()]).toEqual(['a', 'b']);
    expect([weights.read('a')[0], weights.read('b')[0]]).toEqual([1, 2]);
    weights.close();
  });

  it.each(['../secret.safetensors', '/etc/passwd', 'a/../../b.safetensors', 'C:\\b.safetensors'])(
    'are refused when the index leads to %s',
    (file) => {
      index({ a: file });
      expect(() => new WeightFiles(new SourceFolder(sharded))).toThrow(/is not a file of the folder/);
    },
  );

  it('are refused when a file that the index names is missing', () => {
    index({ a: 'model-00003-of-00003.safetensors' });
    expect(() => new WeightFiles(new SourceFolder(sharded))).toThrow(/which the folder does not have/);
  });

  it('are refused when two files have the same tensor', () => {
    shard('one.safetensors', 'a', 1);
    shard('two.safetensors', 'a', 2);
    index({ a: 'one.safetensors', b: 'two.safetensors' });
    expect(() => new WeightFiles(new SourceFolder(sharded))).toThrow(
      /'a' is in two.safetensors and in a file before it/,
    );
  });

  it.each([
    [
      'in another file',
      { a: 'two', b: 'one' },
      /'a' is in one.safetensors, but .* has it in two.safetensors/,
    ],
    [
      'that no file has',
      { a: 'one', b: 'two', c: 'two' },
      /has tensor 'c' in two.safetensors, which does not/,
    ],
    ['too few', { b: 'two', z: 'one' }, /'a' is in one.safetensors, but .* does not name it/],
  ])('are refused when the index has a tensor %s', (_, tensors, message) => {
    shard('one.safetensors', 'a', 1);
    shard('two.safetensors', 'b', 2);
    index(Object.fromEntries(Object.entries(tensors).map(([name, file]) => [name, `${file}.safetensors`])));
    expect(() => new WeightFiles(new SourceFolder(sharded))).toThrow(message);
  });
});
