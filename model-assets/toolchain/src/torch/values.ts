/** What a pickle of weights can hold; nothing else comes out of the reader. */

/** The types of the elements of a storage, with their bytes. */
export const DTYPE_BYTES = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** A class or a function by its name; it is never looked up in anything but the list of those that are understood. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class PickleTuple {
  readonly items: readonly PickleValue[];
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

/** `dict` and `OrderedDict`. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** The place of values in the file: many tensors can share it. */
export class StorageReference {
  readonly key: string;
  readonly dtype: Dtype;
  /** Elements of the whole storage. */
  readonly length: number;
  /** The element at which a view into the storage begins; only files of torch before 0.4 have such views. */
  readonly offset: number;
  constructor(key: string, dtype: Dtype, length: number, offset: number) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
    this.offset = offset;
  }
}

/** A tensor: a view into a storage, by strides in elements. */
export class TensorReference {
  readonly storage: StorageReference;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  constructor(
    storage: StorageReference,
    offset: number,
    dims: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.offset = offset;
    this.dims = dims;
    this.strides = strides;
  }
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleGlobal
  | PickleTuple
  | PickleList
  | PickleDict
  | StorageReference
  | TensorReference;
