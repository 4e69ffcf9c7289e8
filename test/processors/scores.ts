/** Compares answers of two processors: everything but numbers has to be the same. */

/** The largest difference of two numbers at the same place; infinite, with the place, where anything else differs. */
export function compareAnswers(
  found: unknown,
  expected: unknown,
  place = '',
): { largest: number; place: string } {
  if (typeof found === 'number' && typeof expected === 'number') {
    return { largest: Math.abs(found - expected), place };
  }
  if (found === null || expected === null || typeof found !== 'object' || typeof expected !== 'object') {
    return { largest: found === expected ? 0 : Number.POSITIVE_INFINITY, place };
  }
  const others = new Map(Object.entries(expected));
  let worst = { largest: Object.keys(found).length === others.size ? 0 : Number.POSITIVE_INFINITY, place };
  for (const [key, value] of Object.entries(found)) {
    const at = compareAnswers(value, others.get(key), `${place}/${key}`);
    if (at.largest > worst.largest) worst = at;
  }
  return worst;
}
