/**
 * Reader of safetensors weights (https://huggingface.co/docs/safetensors): an 8-byte little-endian header
 * length, a JSON header with dtype, shape and byte range of each tensor, then the values. Tensors are read one
 * by one, so that a checkpoint never has to be in memory as a whole.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { explainIssue } from '@pilotlight/model-format/errors';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from '../graph/half.ts';
import { elementCount, float32View } from '../graph/tensor.ts';

/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;
type Dtype = keyof typeof DTYPE_BYTES;

const countSchema = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string().transform((dtype, context): Dtype => {
    if (Object.hasOwn(DTYPE_BYTES, dtype)) return dtype as Dtype;
    context.addIssue({ code: 'custom', message: `the dtype '${dtype}' is not known` });
    return z.NEVER;
  }),
  shape: z.array(countSchema),
  data_offsets: z.tuple([countSchema, countSchema]),
});

export interface SafetensorsEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range in the file, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** One .safetensors file, open until `close`. */
export class SafetensorsFile {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly #descriptor: number;
  readonly #name: string;

  /** Throws WEIGHTS_INVALID when the header does not describe the file exactly. */
  constructor(path: string) {
    this.#name = basename(path);
    this.#descriptor = openSync(path, 'r');
    try {
      this.entries = this.#readEntries(fstatSync(this.#descriptor).size);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #readEntries(fileBytes: number): Map<string, SafetensorsEntry> {
    if (fileBytes < 8) throw this.#invalid('it is shorter than its header');
    const headerBytes = Number(this.#readBytes(0, 8).readBigUInt64LE());
    if (headerBytes > MAX_HEADER_BYTES || headerBytes > fileBytes - 8) {
      throw this.#invalid(`its header is said to take ${headerBytes} bytes, the file has ${fileBytes}`);
    }
    let header: unknown;
    try {
      header = JSON.parse(this.#readBytes(8, headerBytes).toString());
    } catch (cause) {
      throw this.#invalid('its header is not JSON', cause);
    }
    if (typeof header !== 'object' || header === null) throw this.#invalid('its header is not an object');
    const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
    const parsed = entries.map(
      ([name, entry]) => [name, this.#parseEntry(name, entry, 8 + headerBytes)] as const,
    );
    this.#checkRanges(parsed, 8 + headerBytes, fileBytes);
    return new Map(parsed);
  }

  #parseEntry(name: string, value: unknown, dataStart: number): SafetensorsEntry {
    const result = entrySchema.safeParse(value);
    if (!result.success) throw this.#invalid(`tensor '${name}': ${explainIssue(result.error.issues[0])}`);
    const {
      dtype,
      shape,
      data_offsets: [start, end],
    } = result.data;
    const expected = elementCount(shape) * DTYPE_BYTES[dtype];
    if (end - start !== expected) {
      throw this.#invalid(
        `tensor '${name}' of ${dtype} [${shape}] takes ${expected} bytes, but its range has ${end - start}`,
      );
    }
    return { dtype, shape, start: dataStart + start, end: dataStart + end };
  }

  /** The tensors must fill the file without gap or overlap, which the reference implementation demands, too. */
  #checkRanges(
    entries: readonly (readonly [string, SafetensorsEntry])[],
    dataStart: number,
    fileBytes: number,
  ): void {
    let covered = dataStart;
    for (const [name, { start, end }] of entries.toSorted(
      ([, a], [, b]) => a.start - b.start || a.end - b.end,
    )) {
      if (start < covered) throw this.#invalid(`tensor '${name}' overlaps the one before it`);
      if (start > covered)
        throw this.#invalid(`there are ${start - covered} bytes before tensor '${name}' that belong to none`);
      covered = end;
    }
    if (covered > fileBytes) {
      throw this.#invalid(
        `it is truncated: its tensors end at byte ${covered}, the file at ${fileBytes}. Download it again`,
      );
    }
    if (covered < fileBytes) throw this.#invalid(`its last ${fileBytes - covered} bytes belong to no tensor`);
  }

  /** Values of a floating-point tensor, widened or narrowed to float32. Throws WEIGHTS_INVALID. */
  readFloats(name: string): Float32Array {
    const entry = this.entries.get(name);
    if (!entry) throw this.#invalid(`it has no tensor '${name}'`);
    const bytes = this.#readBytes(entry.start, entry.end - entry.start);
    switch (entry.dtype) {
      case 'F32':
        return float32View(bytes);
      case 'F16':
        return float16ToFloat32(bytes);
      case 'BF16':
        return bfloat16ToFloat32(bytes);
      case 'F64':
        return Float32Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(8 * index));
      default:
        throw this.#invalid(`tensor '${name}' is ${entry.dtype}, where a floating-point type is expected`);
    }
  }

  #readBytes(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(
        this.#descriptor,
        bytes,
        filled,
        Math.min(length - filled, 2 ** 30),
        start + filled,
      );
      if (read === 0) throw this.#invalid('it ended while it was read');
      filled += read;
    }
    return bytes;
  }

  #invalid(reason: string, cause?: unknown): ToolchainError {
    return new ToolchainError('WEIGHTS_INVALID', `${this.#name} is not valid: ${reason}.`, { cause });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
