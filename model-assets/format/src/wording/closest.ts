/**
 * The candidate with the fewest insertions, deletions and substitutions between it and `word` (Levenshtein), where they
 * are few enough for a slip of the pen: two, or a third of a longer word, and never all of its letters.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  const most = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1);
  return best !== undefined && best.edits <= most ? best.candidate : undefined;
}

/** Ends a sentence that says that something does not exist: with a question where a candidate is close, else with a full stop. */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  spelt: (candidate: string) => string = (candidate) => candidate,
): string {
  const candidate = closest(word, candidates);
  return candidate === undefined ? '.' : `; did you mean ${spelt(candidate)}?`;
}

/** Counts the edits, and keeps one row of the table at a time. */
function distance(a: string, b: string): number {
  const letters = [...b];
  let row = Array.from({ length: letters.length + 1 }, (_, j) => j);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of letters.entries()) {
      const substituted = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
