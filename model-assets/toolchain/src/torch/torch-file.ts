/**
 * Weights in a file of `torch.save`, in both of its layouts: `weights.th` of AllenNLP, `pytorch_model.bin` of Hugging Face. Nothing
 * in the file is executed. Tensors are read one by one, so that a checkpoint never has to be in memory as a whole.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { ToolchainError } from '../errors.ts';
import { elementCount } from '../graph/tensor.ts';
import { readRange } from './byte-reader.ts';
import { decodeNumbers, isFloatingPoint } from './decode.ts';
import { PickleRefusal, quote } from './globals.ts';
import { checkSum, readLayout, type StoredRange } from './layout.ts';
import { gather, isRowMajor, spanOf } from './strides.ts';
import { DTYPE_BYTES, type Dtype, PickleDict, type StorageReference, TensorReference } from './values.ts';

/** Values of a tensor that is a view with strides of 0 can be many more than those in the file. */
const MAX_REPEATED = 2 ** 20;

export interface TorchEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

interface Located {
  readonly tensor: TensorReference;
  readonly range: StoredRange;
}

/** One file, open until `close`. */
export class TorchFile {
  readonly entries: ReadonlyMap<string, TorchEntry>;
  readonly #descriptor: number;
  readonly #name: string;
  readonly #tensors: ReadonlyMap<string, Located>;
  readonly #checked = new Set<number>();

  /** @throws ToolchainError WEIGHTS_INVALID for a file that is damaged or holds anything but tensors by their names */
  constructor(path: string) {
    this.#name = basename(path);
    this.#descriptor = openSync(path, 'r');
    try {
      this.#tensors = this.#explained(() => this.#locate());
    } catch (error) {
      this.close();
      throw error;
    }
    this.entries = new Map(
      Array.from(this.#tensors, ([name, { tensor }]) => [
        name,
        { dtype: tensor.storage.dtype, shape: tensor.dims },
      ]),
    );
  }

  #locate(): Map<string, Located> {
    const layout = readLayout(this.#descriptor, fstatSync(this.#descriptor).size);
    const tensors = listTensors(layout.root);
    return new Map(
      Array.from(tensors, ([name, tensor]) => {
        const range = layout.storages.get(tensor.storage.key);
        if (range === undefined) throw new PickleRefusal(`the values of ${quote(name)} are missing`);
        checkTensor(name, tensor, range);
        return [name, { tensor, range }];
      }),
    );
  }

  /** Values of a floating-point tensor, widened or narrowed to float32. @throws ToolchainError WEIGHTS_INVALID */
  readFloats(name: string): Float32Array {
    const dtype = this.entries.get(name)?.dtype;
    if (dtype === undefined || isFloatingPoint(dtype)) return this.read(name);
    throw this.#invalid(`tensor ${quote(name)} is ${dtype}, where a floating-point type is expected`);
  }

  /** Values of a tensor of any type as float32, row-major. @throws ToolchainError WEIGHTS_INVALID */
  read(name: string): Float32Array {
    return this.#explained(() => {
      const located = this.#tensors.get(name);
      if (located === undefined) throw new PickleRefusal(`it has no tensor ${quote(name)}`);
      return this.#readValues(located);
    });
  }

  #readValues({ tensor, range }: Located): Float32Array {
    const { dims, strides, offset, storage } = tensor;
    if (!this.#checked.has(range.start)) {
      checkSum(this.#descriptor, range);
      this.#checked.add(range.start);
    }
    const span = spanOf(dims, strides);
    const bytes = DTYPE_BYTES[storage.dtype];
    const raw = readRange(this.#descriptor, range.start + offset * bytes, span * bytes);
    if (raw.length < span * bytes) throw new PickleRefusal('it ended while it was read');
    const values = decodeNumbers(raw, storage.dtype);
    return isRowMajor(dims, strides) ? values : gather(values, dims, strides);
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof PickleRefusal) throw this.#invalid(error.reason);
      throw error;
    }
  }

  #invalid(reason: string): ToolchainError {
    return new ToolchainError('WEIGHTS_INVALID', `${this.#name} is refused: ${reason}.`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The tensors of a state dict by their names. What else it holds, such as a version, says nothing of the weights. */
function listTensors(root: unknown): Map<string, TensorReference> {
  if (!(root instanceof PickleDict)) {
    throw new PickleRefusal('it does not hold a state dict: tensors by their names');
  }
  const tensors = new Map<string, TensorReference>();
  for (const [name, value] of root.entries) {
    if (typeof name === 'string' && value instanceof TensorReference) tensors.set(name, value);
  }
  if (tensors.size > 0) return tensors;
  const inner = [...root.entries].find(([, value]) => value instanceof PickleDict && value.entries.size > 0);
  throw new PickleRefusal(
    inner === undefined
      ? 'it holds no tensor'
      : `it is a checkpoint of a training, whose weights are under ${quote(String(inner[0]))}. Save them alone`,
  );
}

/** @throws PickleRefusal where the tensor reaches over its storage, or the storage has other bytes than the pickle says */
function checkTensor(name: string, tensor: TensorReference, range: StoredRange): void {
  const { dims, strides, offset, storage } = tensor;
  const bytes = storageBytes(storage);
  if (range.bytes !== bytes) {
    throw new PickleRefusal(
      `the values of ${quote(name)} take ${bytes} bytes by its description, but have ${range.bytes}`,
    );
  }
  const count = elementCount(dims);
  if (offset + spanOf(dims, strides) > storage.length || count > Math.max(storage.length, MAX_REPEATED)) {
    throw new PickleRefusal(
      `tensor ${quote(name)} of shape [${dims}] does not fit the ${storage.length} values that are stored for it`,
    );
  }
}

function storageBytes({ length, dtype }: StorageReference): number {
  return length * DTYPE_BYTES[dtype];
}
