/** Tensors are views into their storages: an element stands at the sum of its indices times the strides. */

/** How many values of the storage the view reaches over, from its first to its last; 0 for a view without elements. */
export function spanOf(dims: readonly number[], strides: readonly number[]): number {
  if (dims.includes(0)) return 0;
  return dims.reduce((span, dim, axis) => span + (dim - 1) * (strides[axis] ?? 0), 1);
}

/** Whether the values stand in the storage in the order of their indices, without gaps. An axis of 1 may have any stride. */
export function isRowMajor(dims: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis] ?? 1;
    if (dim !== 1 && strides[axis] !== expected) return false;
    expected *= dim;
  }
  return true;
}

/** The values of a view in the order of their indices. */
export function gather(
  values: Float32Array,
  dims: readonly number[],
  strides: readonly number[],
): Float32Array {
  const gathered = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  const index = dims.map(() => 0);
  let offset = 0;
  for (let at = 0; at < gathered.length; at++) {
    gathered[at] = values[offset] ?? 0;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      offset += strides[axis] ?? 0;
      if (next < (dims[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      offset -= next * (strides[axis] ?? 0);
    }
  }
  return gathered;
}
