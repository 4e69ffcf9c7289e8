/** The few classes and functions that weights are made of: what each of them does, in our own words. Nothing of Python is called. */
import {
  type Dtype,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
  StorageReference,
  TensorReference,
} from './values.ts';

/** Why a pickle is refused. */
export class PickleRefusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

const STORAGES: Readonly<Record<string, Dtype>> = {
  'torch.DoubleStorage': 'float64',
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
};

const FUNCTIONS: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
};

/** The most axes of a tensor. */
const MAX_AXES = 32;

/** @throws PickleRefusal with its name where it is not one of those that weights need */
export function findGlobal(module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  if (Object.hasOwn(STORAGES, full) || Object.hasOwn(FUNCTIONS, full)) return new PickleGlobal(full);
  throw new PickleRefusal(
    `it calls for ${quote(full)}, which is none of the few names that tensors are made of. Nothing of it was run`,
  );
}

/** @throws PickleRefusal */
export function callGlobal(callee: PickleValue, args: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal)) throw new PickleRefusal('it calls what is not a function');
  if (!(args instanceof PickleTuple)) throw new PickleRefusal(`it calls ${callee.name} without arguments`);
  const run = Object.hasOwn(FUNCTIONS, callee.name) ? FUNCTIONS[callee.name] : undefined;
  if (run === undefined) throw new PickleRefusal(`it calls ${callee.name}, which is a type of values only`);
  return run(args.items);
}

/** What a persistent id stands for: `('storage', type, key, location, elements[, view])`. @throws PickleRefusal */
export function findStorage(id: PickleValue): StorageReference {
  const [kind, type, key, , length, view = null] = id instanceof PickleTuple ? id.items : [];
  if (kind !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string') {
    throw new PickleRefusal('it refers to something outside of it that is not the values of a tensor');
  }
  const dtype = Object.hasOwn(STORAGES, type.name) ? STORAGES[type.name] : undefined;
  if (dtype === undefined) throw new PickleRefusal(`its values are of type ${type.name}, which is unknown`);
  const offset = view instanceof PickleTuple ? view.items[1] : 0;
  return new StorageReference(key, dtype, count(length, 'the size of a storage'), count(offset, 'an offset'));
}

function orderedDict([pairs]: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  if (pairs === undefined) return dict;
  for (const pair of sequence(pairs, 'the entries of an OrderedDict')) {
    const [key, value] = sequence(pair, 'an entry of an OrderedDict');
    if (key === undefined || value === undefined) {
      throw new PickleRefusal('an entry of an OrderedDict is not a pair');
    }
    dict.entries.set(key, value);
  }
  return dict;
}

function rebuildTensor([
  storage,
  offset,
  size,
  stride,
  ,
  ,
  metadata,
]: readonly PickleValue[]): TensorReference {
  // Bits that change how values are read: torch sets them for views such as those of conj().
  if (metadata instanceof PickleDict && metadata.entries.size > 0) {
    throw new PickleRefusal('a tensor is a conjugate or negative view');
  }
  if (!(storage instanceof StorageReference)) throw new PickleRefusal('a tensor has no storage');
  const dims = counts(size, 'the size of a tensor');
  const strides = counts(stride, 'the strides of a tensor');
  if (dims.length !== strides.length || dims.length > MAX_AXES) {
    throw new PickleRefusal(`a tensor has ${dims.length} axes and ${strides.length} strides`);
  }
  return new TensorReference(storage, storage.offset + count(offset, 'an offset'), dims, strides);
}

function rebuildParameter([tensor]: readonly PickleValue[]): TensorReference {
  if (tensor instanceof TensorReference) return tensor;
  throw new PickleRefusal('a parameter is not a tensor');
}

function sequence(value: PickleValue | undefined, what: string): readonly PickleValue[] {
  if (value instanceof PickleTuple || value instanceof PickleList) return value.items;
  throw new PickleRefusal(`${what}: no list`);
}

function counts(value: PickleValue | undefined, what: string): number[] {
  return sequence(value, what).map((each) => count(each, what));
}

function count(value: PickleValue | undefined, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new PickleRefusal(`${what} is no whole number`);
}

/** Text of a hostile file, short and without control characters. */
export function quote(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}...` : text;
  return `'${short.replaceAll(/[^\x20-\x7e]/g, '?')}'`;
}
