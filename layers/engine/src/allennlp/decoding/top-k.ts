/**
 * Which of equal values are among the greatest. AllenNLP takes them with torch's `topk`, which on a CPU picks among equal values
 * as `std::nth_element` of libstdc++ leaves them. Masked antecedents all have one score, and their indexes are part of the answer.
 */

/** From this many values for each one that is taken, torch sorts a heap instead, which keeps the first of equal values. */
const VALUES_FOR_HEAP = 64;

/** The indexes of the `k` greatest of `values`, in ascending order. */
export function topK(values: readonly number[], k: number): number[] {
  if (k <= 0) return [];
  const entries = values.map((value, index): Entry => ({ value, index }));
  if (k * VALUES_FOR_HEAP <= entries.length) entries.sort((a, b) => b.value - a.value || a.index - b.index);
  else if (k < entries.length) selectNth(entries, k - 1);
  return entries
    .slice(0, k)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

interface Entry {
  readonly value: number;
  readonly index: number;
}

const SENTINEL: Entry = { value: Number.NaN, index: -1 };

/** Moves the greatest `nth + 1` entries to the front: `std::nth_element` with `>`. */
function selectNth(entries: Entry[], nth: number): void {
  let first = 0;
  let last = entries.length;
  while (last - first > 3) {
    const cut = partition(entries, first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  for (let from = first + 1; from < last; from++) {
    const entry = at(entries, from);
    let to = from;
    while (to > first && isBefore(entry, at(entries, to - 1))) {
      entries[to] = at(entries, to - 1);
      to--;
    }
    entries[to] = entry;
  }
}

/** Divides by the median of the second, the middle and the last entry. */
function partition(entries: Entry[], first: number, last: number): number {
  swap(entries, first, median(entries, first + 1, first + ((last - first) >> 1), last - 1));
  const pivot = at(entries, first);
  let left = first + 1;
  let right = last;
  while (true) {
    while (isBefore(at(entries, left), pivot)) left++;
    right--;
    while (isBefore(pivot, at(entries, right))) right--;
    if (left >= right) return left;
    swap(entries, left, right);
    left++;
  }
}

function median(entries: readonly Entry[], a: number, b: number, c: number): number {
  const [x, y, z] = [at(entries, a), at(entries, b), at(entries, c)];
  if (isBefore(x, y)) {
    if (isBefore(y, z)) return b;
    return isBefore(x, z) ? c : a;
  }
  if (isBefore(x, z)) return a;
  return isBefore(y, z) ? c : b;
}

const isBefore = (a: Entry, b: Entry): boolean => a.value > b.value;

const at = (entries: readonly Entry[], index: number): Entry => entries[index] ?? SENTINEL;

function swap(entries: Entry[], a: number, b: number): void {
  const entry = at(entries, a);
  entries[a] = at(entries, b);
  entries[b] = entry;
}
