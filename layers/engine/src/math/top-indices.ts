import { at } from './activations.ts';

/** Up to here, places are kept in order while the values are read; above, all of them are sorted. */
const FEW = 128;

/** Indices of the `count` largest values, largest first; of equal ones the earlier first. One pass for a small `count`. */
export function topIndices(values: ArrayLike<number>, count: number): number[] {
  if (count > FEW) {
    const order = Array.from({ length: values.length }, (_, index) => index);
    return order.sort((a, b) => at(values, b) - at(values, a) || a - b).slice(0, count);
  }
  const top: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = at(values, index);
    if (top.length === count && value <= at(values, top.at(-1) ?? -1)) continue;
    let place = top.length;
    while (place > 0 && at(values, top[place - 1] ?? -1) < value) place -= 1;
    top.splice(place, 0, index);
    if (top.length > count) top.pop();
  }
  return top;
}
