/**
 * Which of several equal values `torch.topk` gives for k = 1 on a CPU. It sorts pairs of value and index with the `nth_element` of
 * libstdc++ below 64 values, and with its `partial_sort` above (ATen/native/TopKImpl.h), and neither is stable.
 */
import { at } from '../../math/activations.ts';

/** From here on, the first of the largest is taken. */
const PARTIAL_SORT = 64;

/**
 * The index of the largest of the first `length` values; `order` is room for as many indices.
 * Follows `std::__introselect` with the first element as the one that is sought.
 */
export function torchArgTop(values: Float32Array, length: number, order: Int32Array): number {
  for (let i = 0; i < length; i++) order[i] = i;
  if (length >= PARTIAL_SORT) return firstLargest(values, length);
  const value = (place: number) => at(values, at(order, place));
  const swap = (a: number, b: number) => {
    const held = at(order, a);
    order[a] = at(order, b);
    order[b] = held;
  };
  let last = length;
  let depth = 2 * Math.floor(Math.log2(Math.max(length, 1)));
  while (last > 3) {
    if (depth-- === 0) return at(order, firstLargestOf(value, last));
    swap(0, medianOf(value, 1, last >> 1, last - 1));
    last = partition(value, swap, last);
  }
  let best = at(order, 0);
  for (let place = 1; place < last; place++) {
    const candidate = at(order, place);
    if (at(values, candidate) > at(values, best)) best = candidate;
  }
  return best;
}

/** Brings what is larger than the first before what is smaller, and gives where the second part begins. */
function partition(
  value: (place: number) => number,
  swap: (a: number, b: number) => void,
  length: number,
): number {
  const pivot = value(0);
  let left = 1;
  let right = length;
  for (;;) {
    while (value(left) > pivot) left++;
    right--;
    while (pivot > value(right)) right--;
    if (left >= right) return left;
    swap(left, right);
    left++;
  }
}

function medianOf(value: (place: number) => number, a: number, b: number, c: number): number {
  if (value(a) > value(b)) {
    if (value(b) > value(c)) return b;
    return value(a) > value(c) ? c : a;
  }
  if (value(a) > value(c)) return a;
  return value(b) > value(c) ? c : b;
}

function firstLargest(values: Float32Array, length: number): number {
  return firstLargestOf((index) => at(values, index), length);
}

function firstLargestOf(value: (place: number) => number, length: number): number {
  let best = 0;
  for (let place = 1; place < length; place++) if (value(place) > value(best)) best = place;
  return best;
}
