/** Models that a beam search can be tried on: what comes next follows from the sequence alone. */

import { topIndices } from '../../../../layers/engine/src/math/top-indices.ts';
import type {
  Candidates,
  StepCall,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/beam-search.ts';

/** The log probabilities of the next class after a sequence. */
export type Model = (start: number, sequence: readonly number[]) => readonly number[];

/** Steps that keep the sequence of each row as a decoder keeps its state: by parents alone. */
export function stepOf(model: Model, calls: StepCall[] = []) {
  let states: { start: number; sequence: readonly number[] }[] = [];
  return async (call: StepCall): Promise<Candidates> => {
    calls.push(call);
    states = call.last.map((last, row) => {
      const parent = states[call.parents?.[row] ?? -1];
      return parent
        ? { start: parent.start, sequence: [...parent.sequence, last] }
        : { start: last, sequence: [] };
    });
    return candidatesOf(
      states.map(({ start, sequence }) => model(start, sequence)),
      call.top,
    );
  };
}

/** The best classes of each row of log probabilities. */
export function candidatesOf(rows: readonly (readonly number[])[], top: number): Candidates {
  const order = rows.map((row) => topIndices(row, Math.min(top, row.length)));
  return {
    count: order[0]?.length ?? 0,
    classes: order.flat(),
    scores: Float32Array.from(order.flatMap((best, row) => best.map((index) => rows[row]?.[index] ?? 0))),
  };
}

/** Log probabilities that a sequence decides, none equal to another, whose sums are exact in float32. */
export const modelOf =
  (classes: number, seed: number): Model =>
  (start, sequence) => {
    const path = [start, ...sequence].reduce((hash, index) => (hash * 31 + index + 7) % 65_521, seed);
    const used = new Set<number>();
    return Array.from({ length: classes }, (_, index) => {
      let score = ((path * (index + 3) * 7919) % 1021) + 1;
      while (used.has(score)) score += 1;
      used.add(score);
      return -score / 64;
    });
  };
