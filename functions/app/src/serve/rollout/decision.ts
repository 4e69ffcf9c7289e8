/** Whether two results say the same: the label, the span, the text, and not the last digits of a score. */

/** Cosine of two vectors below which they are not the same to a search. */
const LEAST_LIKENESS = 0.99;

/** Compares two results of one input. Vectors say the same where they point the same way. */
export function sameDecision(left: unknown, right: unknown): boolean {
  const [vector, other] = [flatNumbers(left), flatNumbers(right)];
  if (vector && other) return vector.length === other.length && cosine(vector, other) >= LEAST_LIKENESS;
  return JSON.stringify(decide(left)) === JSON.stringify(decide(right));
}

/** The part of a result that somebody acts on. */
function decide(result: unknown): unknown {
  if (Array.isArray(result)) return isRanking(result) ? decide(result[0]) : result.map(decide);
  if (typeof result === 'number') return Number.isInteger(result) ? result : null;
  if (typeof result !== 'object' || result === null) return result;
  const { labels, scores, sequences }: Record<string, unknown> = { ...result };
  if (Array.isArray(labels) && Array.isArray(scores)) return labels[0];
  if (Array.isArray(sequences)) return Object(sequences[0]).text;
  const kept = Object.entries(result).filter(([name]) => name !== 'score');
  return kept
    .map(([name, value]) => [name, decide(value)])
    .sort(([first], [second]) => (String(first) < String(second) ? -1 : 1));
}

/** Candidates, the best first. Entities have scores, too, but stand in the order of the text. */
function isRanking(list: readonly unknown[]): boolean {
  const first = Object(list[0]);
  return 'score' in first && (!('start' in first) || 'answer' in first);
}

/** The numbers of a vector, or of the vectors of all tokens; nothing for anything else. */
function flatNumbers(result: unknown): number[] | undefined {
  if (!Array.isArray(result)) return undefined;
  const flat: unknown[] = result.flat(Number.POSITIVE_INFINITY);
  return flat.length > 0 && flat.every((value) => typeof value === 'number') ? flat : undefined;
}

function cosine(left: readonly number[], right: readonly number[]): number {
  let [product, ofLeft, ofRight] = [0, 0, 0];
  for (const [i, value] of left.entries()) {
    const other = right[i] ?? 0;
    product += value * other;
    ofLeft += value * value;
    ofRight += other * other;
  }
  return ofLeft === 0 && ofRight === 0 ? 1 : product / Math.sqrt(ofLeft * ofRight);
}
