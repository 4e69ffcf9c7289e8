/** Compares answers of two processors: everything but scores has to be the same. */

interface Difference {
  /** The largest difference of two numbers at the same place; infinite where anything else differs. */
  readonly largest: number;
  readonly place: string;
}

/** Finds the place where two answers differ most. Labels that nearly tie may change places, but not with the first. */
export function compareAnswers(found: unknown, expected: unknown, place = ''): Difference {
  if (typeof found === 'number' && typeof expected === 'number') {
    return { largest: Math.abs(found - expected), place };
  }
  if (!isObject(found) || !isObject(expected)) {
    return { largest: found === expected ? 0 : Number.POSITIVE_INFINITY, place };
  }
  const sameSize = Object.keys(found).length === Object.keys(expected).length;
  let worst: Difference = { largest: sameSize ? 0 : Number.POSITIVE_INFINITY, place };
  for (const [key, value] of Object.entries(found)) {
    const other = expected[key];
    const differs =
      key !== '0' && isLabelScore(value) && isLabelScore(other)
        ? compareAnswers(value.score, other.score, `${place}/${key}/score`)
        : compareAnswers(value, other, `${place}/${key}`);
    if (differs.largest > worst.largest) worst = differs;
  }
  return worst;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** One of the labels of a text, the best first; parts of a text have more than these two fields. */
function isLabelScore(value: unknown): value is { readonly label: unknown; readonly score: unknown } {
  return isObject(value) && Object.keys(value).sort().join() === 'label,score';
}
