/** The classes that a beam may go on with, the best first. */
import { at } from '../../../math/activations.ts';
import type { Candidates } from './beam-step.ts';

/** The least float32, by which AllenNLP forbids a class. */
export const LOWEST = -3.4028234663852886e38;

/** Classes that beams may go on with, one beam after another, and what each costs. */
export interface Choices {
  readonly classes: number[];
  readonly scores: number[];
}

/** Adds the best `wanted` classes of a row; those that are blocked come last, at the least score. */
export function addBest(
  choices: Choices,
  { count, scores, classes }: Candidates,
  row: number,
  blocked: ReadonlySet<number>,
  wanted: number,
): void {
  const before = choices.classes.length;
  const forbidden: number[] = [];
  for (let place = row * count; place < (row + 1) * count; place++) {
    if (choices.classes.length === before + wanted) return;
    const index = at(classes, place);
    const score = at(scores, place);
    if (blocked.has(index)) forbidden.push(index);
    else add(choices, index, score);
  }
  const missing = before + wanted - choices.classes.length;
  for (const index of forbidden.sort((a, b) => a - b).slice(0, missing)) add(choices, index, LOWEST);
}

/** A beam that has ended goes on with the end, which costs nothing; the other classes are there to make up the number. */
export function addEnded(choices: Choices, endIndex: number, wanted: number): void {
  add(choices, endIndex, 0);
  for (let index = 0, added = 1; added < wanted; index++) {
    if (index === endIndex) continue;
    add(choices, index, LOWEST);
    added += 1;
  }
}

function add({ classes, scores }: Choices, index: number, score: number): void {
  classes.push(index);
  scores.push(score);
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
