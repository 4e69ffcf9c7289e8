import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TorchFile } from '../../../model-assets/toolchain/src/torch/torch-file.ts';
import {
  BUILD,
  EMPTY_DICT,
  EMPTY_TUPLE,
  FALSE,
  global,
  integer,
  MARK,
  pickle,
  REDUCE,
  type SavedTensor,
  SETITEMS,
  stateDict,
  tensor,
  text,
  tuple,
} from '../../fixtures/pickles.ts';
import { type Storage, torchFile, torchLegacy, torchZip } from '../../fixtures/torch.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
let files = 0;

function open(content: Buffer): TorchFile {
  files += 1;
  const path = join(root, `${files}.bin`);
  writeFileSync(path, content);
  return new TorchFile(path);
}

const floats = (...values: readonly number[]): Storage => ({
  key: '0',
  size: 4,
  bytes: Buffer.from(Float32Array.from(values).buffer),
});

/** Reads tensor `a` over one storage of six floats. */
function readView(saved: Partial<SavedTensor>, layout: 'zip' | 'legacy' = 'zip'): number[] {
  const described = { key: '0', type: 'FloatStorage', length: 6, dims: [6], ...saved };
  const file = open(torchFile(layout, stateDict([['a', tensor(described)]]), [floats(0, 1, 2, 3, 4, 5)]));
  const values = [...file.read('a')];
  file.close();
  return values;
}

describe.each(['zip', 'legacy'] as const)('weights in the %s layout', (layout) => {
  it('are read as they were saved', () => {
    expect(readView({ dims: [2, 3] }, layout)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('may be a part of a storage', () => {
    expect(readView({ dims: [2], offset: 3 }, layout)).toEqual([3, 4]);
  });

  it('may be transposed', () => {
    expect(readView({ dims: [3, 2], strides: [1, 3] }, layout)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('may repeat values, as expand() does', () => {
    expect(readView({ dims: [2, 2], strides: [0, 1], offset: 1 }, layout)).toEqual([1, 2, 1, 2]);
  });

  it('may be a scalar, or have no element', () => {
    expect(readView({ dims: [], offset: 2 }, layout)).toEqual([2]);
    expect(readView({ dims: [0, 3] }, layout)).toEqual([]);
  });

  it('may share a storage', () => {
    const shared = (offset: number) =>
      tensor({ key: '0', type: 'FloatStorage', length: 4, offset, dims: [2] });
    const file = open(
      torchFile(
        layout,
        stateDict([
          ['a', shared(0)],
          ['b', shared(2)],
        ]),
        [floats(1, 2, 3, 4)],
      ),
    );
    expect([[...file.read('a')], [...file.read('b')]]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    file.close();
  });

  it.each([
    ['DoubleStorage', Buffer.from(Float64Array.of(1.5, -2).buffer), [1.5, -2]],
    ['HalfStorage', Buffer.from(Uint16Array.of(0x3c00, 0xc100).buffer), [1, -2.5]],
    ['BFloat16Storage', Buffer.from(Uint16Array.of(0x3f80, 0xc020).buffer), [1, -2.5]],
    ['LongStorage', Buffer.from(BigInt64Array.of(-1n, 70_000n).buffer), [-1, 70_000]],
    ['IntStorage', Buffer.from(Int32Array.of(-1, 70_000).buffer), [-1, 70_000]],
    ['ShortStorage', Buffer.from(Int16Array.of(-1, 7_000).buffer), [-1, 7_000]],
    ['CharStorage', Buffer.from(Int8Array.of(-1, 7).buffer), [-1, 7]],
    ['ByteStorage', Buffer.from([255, 7]), [255, 7]],
    ['BoolStorage', Buffer.from([0, 1]), [0, 1]],
  ])('may be a %s', (type, bytes, expected) => {
    const saved = stateDict([['a', tensor({ key: '0', type, length: 2, dims: [2] })]]);
    const file = open(torchFile(layout, saved, [{ key: '0', size: bytes.length / 2, bytes }]));
    expect([...file.read('a')]).toEqual(expected);
    file.close();
  });

  it('are refused when they reach over their storage', () => {
    expect(() => readView({ dims: [3], offset: 4 }, layout)).toThrow(/'a' of shape \[3\] does not fit the 6/);
    expect(() => readView({ dims: [2, 3], strides: [6, 1] }, layout)).toThrow(/does not fit/);
    expect(() => readView({ offset: -1 }, layout)).toThrow(/offset is no whole number/);
  });

  it('are refused when a few values would become billions', () => {
    expect(() => readView({ dims: [2 ** 30, 6], strides: [0, 1] }, layout)).toThrow(/does not fit/);
  });

  it('are refused when their storage has other bytes than its description', () => {
    expect(() => readView({ length: 7 }, layout)).toThrow(/take 28 bytes by its description, but have 24/);
  });

  it('are refused when they are truncated, wherever they end', () => {
    const saved = stateDict([['a', tensor({ key: '0', type: 'FloatStorage', length: 2, dims: [2] })]]);
    const whole = torchFile(layout, saved, [floats(1, 2)]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => open(whole.subarray(0, length))).toThrow(/is refused/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what a state dict may hold besides', () => {
  const one = tensor({ key: '0', type: 'FloatStorage', length: 1, dims: [1] });

  it('is the state of an OrderedDict, which says nothing of the weights', () => {
    const saved = pickle(
      global('collections', 'OrderedDict'),
      ...[EMPTY_TUPLE, REDUCE, MARK, text('a'), one, SETITEMS],
      ...[EMPTY_DICT, MARK, text('_metadata'), EMPTY_DICT, SETITEMS, BUILD],
    );
    const file = open(torchZip(saved, [floats(7)]));
    expect([...file.entries]).toEqual([['a', { dtype: 'float32', shape: [1] }]]);
    file.close();
  });

  it('is a parameter around a tensor', () => {
    const parameter = Buffer.concat([
      global('torch._utils', '_rebuild_parameter'),
      tuple(one, FALSE, Buffer.concat([global('collections', 'OrderedDict'), EMPTY_TUPLE, REDUCE])),
      REDUCE,
    ]);
    const file = open(torchZip(stateDict([['a', parameter]]), [floats(7)]));
    expect([...file.read('a')]).toEqual([7]);
    file.close();
  });

  it('is a number, which is passed over', () => {
    const file = open(
      torchZip(
        stateDict([
          ['version', integer(2)],
          ['a', one],
        ]),
        [floats(7)],
      ),
    );
    expect([...file.entries.keys()]).toEqual(['a']);
    file.close();
  });

  it('is no checkpoint of a training, which is named', () => {
    const inner = Buffer.concat([EMPTY_DICT, MARK, text('a'), one, SETITEMS]);
    expect(() => open(torchZip(stateDict([['state_dict', inner]]), [floats(7)]))).toThrow(
      /checkpoint of a training, whose weights are under 'state_dict'/,
    );
  });
});

describe('files that are refused by what they are', () => {
  const saved = stateDict([['a', tensor({ key: '0', type: 'FloatStorage', length: 1, dims: [1] })]]);
  it.each([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['a web page', Buffer.from('<!DOCTYPE html><html>'), /web page/],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
    ['a pickle of something else', pickle(EMPTY_DICT), /a pickle that torch.save did not write/],
    [
      'a compressed zip file',
      torchZip(Buffer.concat([saved, Buffer.alloc(1000)]), [floats(1)], 6),
      /is compressed/,
    ],
    ['a zip file without a pickle', torchZip(saved, []).subarray(0, 0), /is empty/],
    [
      'values that the pickle does not name',
      torchLegacy(saved, [floats(1), { ...floats(1), key: '1' }]),
      /storage '1' that no tensor uses/,
    ],
    [
      'bytes behind the values',
      Buffer.concat([torchLegacy(saved, [floats(1)]), Buffer.alloc(3)]),
      /last 3 bytes belong to no tensor/,
    ],
  ])('%s', (_, content, message) => {
    expect(() => open(content)).toThrow(message);
  });

  it('values whose sum differs, when they are read', () => {
    const content = torchZip(saved, [floats(1.25)]);
    const at = content.indexOf(Buffer.from(Float32Array.of(1.25).buffer));
    content.writeUInt8(content.readUInt8(at + 2) ^ 1, at + 2);
    const file = open(content);
    expect(() => file.read('a')).toThrow(/damaged: a sum differs/);
    file.close();
  });
});

describe('views', () => {
  it('give what index arithmetic gives', () => {
    const view = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 })), { maxLength: 4 })
      .map((axes) => ({ dims: axes.map(([dim]) => dim), strides: axes.map(([, stride]) => stride) }));
    fc.assert(
      fc.property(view, fc.nat(3), ({ dims, strides }, offset) => {
        const length = 100;
        const values = Float32Array.from({ length }, (_, index) => index);
        const storage = { key: '0', size: 4, bytes: Buffer.from(values.buffer) };
        const described = tensor({ key: '0', type: 'FloatStorage', length, offset, dims, strides });
        const file = open(torchZip(stateDict([['a', described]]), [storage]));
        const indices = dims.reduce<number[][]>(
          (all, dim) => all.flatMap((start) => Array.from({ length: dim }, (_, index) => [...start, index])),
          [[]],
        );
        const expected = indices.map((index) =>
          index.reduce((sum, each, axis) => sum + each * (strides[axis] ?? 0), offset),
        );
        expect([...file.read('a')]).toEqual(expected);
        file.close();
      }),
      { numRuns: 200 },
    );
  });
});
