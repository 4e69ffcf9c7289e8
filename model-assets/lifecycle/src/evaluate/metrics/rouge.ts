/** ROUGE of one text, as the package rouge-score of Google Research computes it without a stemmer: F1, 0 to 1. */

export interface Rouge {
  readonly rouge1: number;
  readonly rouge2: number;
  readonly rougeL: number;
}

/** Of several references, each measure has its best. It reads letters a to z and digits only: texts of other scripts are empty to it. */
export function rouge(text: string, references: readonly string[]): Rouge {
  const words = wordsOf(text);
  const each = references.map((reference) => {
    const wanted = wordsOf(reference);
    return {
      rouge1: ngramF1(words, wanted, 1),
      rouge2: ngramF1(words, wanted, 2),
      rougeL: f1(longestCommon(words, wanted), words.length, wanted.length),
    };
  });
  const best = (measure: keyof Rouge) => Math.max(0, ...each.map((one) => one[measure]));
  return { rouge1: best('rouge1'), rouge2: best('rouge2'), rougeL: best('rougeL') };
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function ngramF1(words: readonly string[], wanted: readonly string[], n: number): number {
  const made = countGrams(words, n);
  let common = 0;
  for (const [gram, count] of countGrams(wanted, n)) common += Math.min(count, made.get(gram) ?? 0);
  return f1(common, Math.max(0, words.length - n + 1), Math.max(0, wanted.length - n + 1));
}

function countGrams(words: readonly string[], n: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start++) {
    const gram = words.slice(start, start + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Words of the longest common subsequence. */
function longestCommon(left: readonly string[], right: readonly string[]): number {
  let row = new Uint32Array(right.length + 1);
  for (const word of left) {
    const next = new Uint32Array(right.length + 1);
    for (let column = 1; column <= right.length; column++) {
      next[column] =
        word === right[column - 1]
          ? (row[column - 1] ?? 0) + 1
          : Math.max(row[column] ?? 0, next[column - 1] ?? 0);
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

const f1 = (common: number, made: number, wanted: number): number =>
  common === 0 ? 0 : (2 * common) / (made + wanted);
