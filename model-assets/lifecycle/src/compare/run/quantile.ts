/** The value that a share of the values lies below; between two values in proportion. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(
    values.toSorted((left, right) => left - right),
    share,
  );
}

/** The same of values that go up: `numpy.quantile`. */
export function quantileOfSorted(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
