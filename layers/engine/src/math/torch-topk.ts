/**
 * Which of equal values are among the greatest: `torch.topk` on a CPU, value by value. AllenNLP answers with what it leaves: masked
 * antecedents of a mention all have one score, and many sums of semantic roles are equal in float32.
 *
 * It moves places with algorithms of libstdc++ that are not stable: `partial_sort` where there are many more values than are taken,
 * else `nth_element` (ATen/native/TopKImpl.h, bits/stl_algo.h, bits/stl_heap.h).
 */
import { at } from './activations.ts';

/** From this many values for each one that is taken, torch sorts a heap. */
const VALUES_FOR_HEAP = 64;

/** The places of the `k` greatest of `values`, in ascending order. */
export function torchTopK(values: readonly number[], k: number): number[] {
  const taken = Math.min(k, values.length);
  if (taken <= 0) return [];
  const places = new Places(values, values.length);
  places.select(taken);
  return Array.from(places.order.subarray(0, taken)).sort((a, b) => a - b);
}

/** The places of the `k` greatest of `values`, greatest first, as torch orders up to 16 equal ones. */
export function torchTopOrder(values: readonly number[], k: number): number[] {
  const taken = Math.min(k, values.length);
  if (taken <= 0) return [];
  const places = new Places(values, values.length);
  places.select(taken);
  const front = Array.from(places.order.subarray(0, taken - 1)).sort((a, b) => at(values, b) - at(values, a));
  return [...front, at(places.order, taken - 1)];
}

/** The place of the greatest of the first `length` values; `order` is room for as many places. */
export function torchArgTop(values: ArrayLike<number>, length: number, order: Int32Array): number {
  new Places(values, length, order).select(1);
  return at(order, 0);
}

/** Places of values, which are moved instead of the values. */
class Places {
  readonly order: Int32Array;
  readonly #values: ArrayLike<number>;
  readonly #length: number;

  constructor(values: ArrayLike<number>, length: number, order: Int32Array = new Int32Array(length)) {
    for (let place = 0; place < length; place++) order[place] = place;
    this.order = order;
    this.#values = values;
    this.#length = length;
  }

  /** Moves the `k` greatest to the front. */
  select(k: number): void {
    if (k * VALUES_FOR_HEAP <= this.#length) this.#heapSelect(0, k, this.#length);
    else this.#nthElement(k - 1);
  }

  /** `std::nth_element` with `>`: the greatest `nth + 1` come to the front. */
  #nthElement(nth: number): void {
    let first = 0;
    let last = this.#length;
    let depth = 2 * Math.floor(Math.log2(last));
    while (last - first > 3) {
      if (depth-- === 0) {
        this.#heapSelect(first, nth + 1, last);
        return;
      }
      const cut = this.#partition(first, last);
      if (cut <= nth) first = cut;
      else last = cut;
    }
    this.#insertionSort(first, last);
  }

  /** Divides by the median of the second, the middle and the last entry. */
  #partition(first: number, last: number): number {
    this.#swap(first, this.#median(first + 1, first + ((last - first) >> 1), last - 1));
    const pivot = this.#value(first);
    let left = first + 1;
    let right = last;
    for (;;) {
      while (this.#value(left) > pivot) left++;
      right--;
      while (pivot > this.#value(right)) right--;
      if (left >= right) return left;
      this.#swap(left, right);
      left++;
    }
  }

  #median(a: number, b: number, c: number): number {
    const [x, y, z] = [this.#value(a), this.#value(b), this.#value(c)];
    if (x > y) {
      if (y > z) return b;
      return x > z ? c : a;
    }
    if (x > z) return a;
    return y > z ? c : b;
  }

  #insertionSort(first: number, last: number): void {
    for (let from = first + 1; from < last; from++) {
      const place = at(this.order, from);
      let to = from;
      for (; to > first && at(this.#values, place) > this.#value(to - 1); to--) {
        this.order[to] = at(this.order, to - 1);
      }
      this.order[to] = place;
    }
  }

  /** `std::__heap_select`: the least of those that are taken is on top of a heap, until a greater one comes. */
  #heapSelect(first: number, middle: number, last: number): void {
    const size = middle - first;
    for (let hole = (size - 2) >> 1; hole >= 0; hole--) {
      this.#adjustHeap(first, hole, size, at(this.order, first + hole));
    }
    for (let entry = middle; entry < last; entry++) {
      if (!(this.#value(entry) > this.#value(first))) continue;
      const place = at(this.order, entry);
      this.order[entry] = at(this.order, first);
      this.#adjustHeap(first, 0, size, place);
    }
  }

  /** Lets the hole sink to a leaf, and the place that is put into it rise from there. */
  #adjustHeap(first: number, top: number, size: number, place: number): void {
    let hole = top;
    while (2 * hole + 2 < size) {
      const right = 2 * hole + 2;
      const child = this.#value(first + right) > this.#value(first + right - 1) ? right - 1 : right;
      this.order[first + hole] = at(this.order, first + child);
      hole = child;
    }
    if (2 * hole + 2 === size) {
      this.order[first + hole] = at(this.order, first + size - 1);
      hole = size - 1;
    }
    const value = at(this.#values, place);
    while (hole > top) {
      const parent = (hole - 1) >> 1;
      if (!(this.#value(first + parent) > value)) break;
      this.order[first + hole] = at(this.order, first + parent);
      hole = parent;
    }
    this.order[first + hole] = place;
  }

  #value(entry: number): number {
    return at(this.#values, at(this.order, entry));
  }

  #swap(a: number, b: number): void {
    const held = at(this.order, a);
    this.order[a] = at(this.order, b);
    this.order[b] = held;
  }
}
