/** NaN of nothing. */
export function meanOf<Facts>(facts: readonly Facts[], value: (one: Facts) => number): number {
  let sum = 0;
  for (const one of facts) sum += value(one);
  return sum / facts.length;
}
