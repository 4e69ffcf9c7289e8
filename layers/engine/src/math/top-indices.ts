import { at } from './activations.ts';

/** Up to here, places are kept in order while the values are read; above, the values are sorted to find the least that counts. */
const FEW = 128;

/** Indices of the `count` largest values, largest first; of equal ones the earlier first. One pass for a small `count`. */
export function topIndices(values: ArrayLike<number>, count: number): number[] {
  if (count > FEW) return manyTopIndices(values, count);
  const top: number[] = [];
  let least = count > 0 ? Number.NaN : Number.POSITIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = at(values, index);
    if (value <= least) continue;
    let place = top.length;
    while (place > 0 && at(values, top[place - 1] ?? -1) < value) place -= 1;
    top.splice(place, 0, index);
    if (top.length > count) top.pop();
    if (top.length === count) least = at(values, top.at(-1) ?? -1);
  }
  return top;
}

/** A typed array sorts by value alone, ten times as fast as indices by a comparison. */
function manyTopIndices(values: ArrayLike<number>, count: number): number[] {
  const least = Float64Array.from(values).sort().at(-count) ?? Number.NEGATIVE_INFINITY;
  const [above, equal]: [number[], number[]] = [[], []];
  for (let index = 0; index < values.length; index++) {
    if (at(values, index) > least) above.push(index);
    else if (at(values, index) === least) equal.push(index);
  }
  const order = above.sort((a, b) => at(values, b) - at(values, a) || a - b);
  return [...order, ...equal.slice(0, Math.max(count - above.length, 0))];
}
