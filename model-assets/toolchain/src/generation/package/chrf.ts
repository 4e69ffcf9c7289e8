/**
 * chrF, the F score of character n-grams: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", with n-grams of 1 to 6
 * characters without spaces and recall counting twice as much, as sacreBLEU computes it.
 */

const LONGEST = 6;
const BETA = 2;

/** n-grams that a text and its reference have in common, that the text has, and that the reference has, for each n from 1 on. */
export type GramCounts = readonly (readonly [found: number, made: number, wanted: number])[];

/** Of all texts together, 0 to 100. An empty text is like another empty one. */
export function chrF(texts: readonly string[], references: readonly string[]): number {
  if ([...texts, ...references].every((text) => text.trim() === '')) return 100;
  return chrFOfCounts(references.map((reference, index) => compareGrams(texts[index] ?? '', reference)));
}

/** The n-grams of a text count for nothing where its reference is too short to have any. */
export function compareGrams(text: string, reference: string): GramCounts {
  return Array.from({ length: LONGEST }, (_, index) => {
    const grams = countGrams(text, index + 1);
    const expected = countGrams(reference, index + 1);
    let found = 0;
    for (const [gram, count] of grams) found += Math.min(count, expected.get(gram) ?? 0);
    return [found, expected.size === 0 ? 0 : sum(grams), sum(expected)] as const;
  });
}

/** The chrF of texts whose n-grams are counted already. */
export function chrFOfCounts(texts: readonly GramCounts[]): number {
  let orders = 0;
  let precision = 0;
  let recall = 0;
  for (let n = 0; n < LONGEST; n++) {
    let [found, made, wanted] = [0, 0, 0];
    for (const counts of texts) {
      const [more = 0, moreMade = 0, moreWanted = 0] = counts[n] ?? [];
      found += more;
      made += moreMade;
      wanted += moreWanted;
    }
    if (made === 0 || wanted === 0) continue;
    orders += 1;
    precision += found / made;
    recall += found / wanted;
  }
  const weighted = BETA ** 2 * precision + recall;
  return weighted === 0 ? 0 : (100 * (1 + BETA ** 2) * precision * recall) / weighted / orders;
}

function countGrams(text: string, n: number): ReadonlyMap<string, number> {
  const characters = [...text.replaceAll(/\s+/g, '')];
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= characters.length; start++) {
    const gram = characters.slice(start, start + n).join('');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, count) => total + count, 0);
