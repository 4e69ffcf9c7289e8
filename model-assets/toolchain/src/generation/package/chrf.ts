/**
 * chrF, the F score of character n-grams: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", with n-grams of 1 to 6
 * characters without spaces and recall counting twice as much, as sacreBLEU computes it.
 */

const LONGEST = 6;
const BETA = 2;

/** Of all texts together, 0 to 100. An empty text is like another empty one. */
export function chrF(texts: readonly string[], references: readonly string[]): number {
  let orders = 0;
  let precision = 0;
  let recall = 0;
  for (let n = 1; n <= LONGEST; n++) {
    let found = 0;
    let made = 0;
    let wanted = 0;
    for (const [index, reference] of references.entries()) {
      const grams = countGrams(texts[index] ?? '', n);
      const expected = countGrams(reference, n);
      for (const [gram, count] of grams) found += Math.min(count, expected.get(gram) ?? 0);
      made += sum(grams);
      wanted += sum(expected);
    }
    if (n === 1 && made + wanted === 0) return 100;
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
