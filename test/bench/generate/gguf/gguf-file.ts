/** Writes files of llama.cpp: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeQ8 } from './q8.ts';

/** A value of the head; whole numbers and fractions are 32 bits wide, lists have one kind of element. */
export type GgufValue =
  | { readonly kind: 'uint32' | 'float32'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int32s'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] };

export interface GgufTensor {
  readonly name: string;
  /** Rows first, as in a checkpoint; a multiple of 32 columns in Q8_0. */
  readonly shape: readonly number[];
  readonly type: 'F32' | 'Q8_0';
  /** Called once, when its turn comes, so that few tensors are in memory at a time. */
  values(): Float32Array;
}

const VERSION = 3;
const ALIGNMENT = 32;
/** The numbers of `gguf_type`. */
const KINDS = { uint32: 4, int32: 5, float32: 6, string: 8, list: 9 } as const;
/** The numbers of `ggml_type`, and the bytes of 32 values. */
const TYPES = { F32: { id: 0, bytes: 128 }, Q8_0: { id: 8, bytes: 34 } } as const;
const BLOCK = 32;

export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): void {
  const entries = Object.entries(metadata);
  const parts: Buffer[] = [
    Buffer.from('GGUF'),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [string(key), encodeValue(value)]),
  ];
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    const dims = shape.toReversed();
    parts.push(string(name), uint32(dims.length), ...dims.map(uint64));
    parts.push(uint32(TYPES[type].id), uint64(offset));
    offset = aligned(offset + (sizeOf(shape) / BLOCK) * TYPES[type].bytes);
  }
  const file = openSync(path, 'w');
  try {
    writeAligned(file, Buffer.concat(parts));
    for (const tensor of tensors) {
      const values = tensor.values();
      const bytes = tensor.type === 'F32' ? new Uint8Array(values.buffer) : encodeQ8(values);
      writeAligned(file, bytes);
    }
  } finally {
    closeSync(file);
  }
}

function encodeValue(value: GgufValue): Buffer {
  switch (value.kind) {
    case 'uint32':
      return Buffer.concat([uint32(KINDS.uint32), uint32(value.value)]);
    case 'float32':
      return Buffer.concat([uint32(KINDS.float32), Buffer.from(Float32Array.of(value.value).buffer)]);
    case 'string':
      return Buffer.concat([uint32(KINDS.string), string(value.value)]);
    case 'int32s':
      return list(KINDS.int32, value.value.length, Buffer.from(Int32Array.from(value.value).buffer));
    case 'strings':
      return list(KINDS.string, value.value.length, ...value.value.map(string));
  }
}

const list = (kind: number, length: number, ...items: readonly Buffer[]): Buffer =>
  Buffer.concat([uint32(KINDS.list), uint32(kind), uint64(length), ...items]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

function writeAligned(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
  writeSync(file, Buffer.alloc(aligned(bytes.length) - bytes.length));
}
