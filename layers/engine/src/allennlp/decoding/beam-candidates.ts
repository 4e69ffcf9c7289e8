/** The classes that a beam may go on with, the best first. */
import { at } from '../../math/activations.ts';
import type { Candidates } from './beam-step.ts';

/** The least float32, by which AllenNLP forbids a class. */
export const LOWEST = -3.4028234663852886e38;

export interface Ranked {
  readonly index: number;
  readonly score: number;
}

/** The best `wanted` classes of a row; those that are blocked come last, at the least score. */
export function rank(
  { count, scores, classes }: Candidates,
  row: number,
  blocked: ReadonlySet<number>,
  wanted: number,
): Ranked[] {
  const allowed: Ranked[] = [];
  const forbidden: Ranked[] = [];
  for (let place = row * count; place < (row + 1) * count && allowed.length < wanted; place++) {
    const index = at(classes, place);
    if (blocked.has(index)) forbidden.push({ index, score: LOWEST });
    else allowed.push({ index, score: at(scores, place) });
  }
  if (allowed.length === wanted) return allowed;
  // All classes are among the candidates then, and so are all that are blocked.
  const all = [...allowed, ...forbidden.sort((a, b) => a.index - b.index)];
  return all.sort((a, b) => b.score - a.score).slice(0, wanted);
}

/** A beam that has ended goes on with the end, which costs nothing; the other classes are there to make up the number. */
export function endedCandidates(endIndex: number, wanted: number): Ranked[] {
  const others = Array.from({ length: wanted }, (_, index) => ({ index, score: LOWEST }));
  return [{ index: endIndex, score: 0 }, ...others.filter(({ index }) => index !== endIndex)].slice(
    0,
    wanted,
  );
}

/** The classes that would make a sequence repeat one of its n-grams, by `repeated-ngram-blocking`. */
export function repeatsOf(sequence: readonly number[], sizes: readonly number[]): Set<number> {
  const repeats = new Set<number>();
  for (const size of sizes) {
    const prefix = sequence.slice(sequence.length - size + 1);
    if (prefix.length < size - 1) continue;
    for (let end = size - 1; end < sequence.length; end++) {
      const matches = prefix.every((index, place) => sequence[end - size + 1 + place] === index);
      if (matches) repeats.add(sequence[end] ?? -1);
    }
  }
  return repeats;
}
