/** Runs of several texts at once, and how far two of them are apart. */
import type { Scored, StepRunner } from './run-steps.ts';

/** All tokens but the last of each text, and then that. */
export async function runTogether(
  runner: StepRunner,
  all: readonly (readonly number[])[],
): Promise<readonly (readonly Scored[])[]> {
  const sequences = await Promise.all(all.map(() => runner.begin()));
  const run = (part: (ids: readonly number[]) => readonly number[], multiple: number) =>
    runner.run(
      sequences.map((sequence, row) => ({ sequence, ids: part(all[row] ?? []) })),
      { multiple },
    );
  const first = await run((ids) => ids.slice(0, -1), 16);
  const last = await run((ids) => ids.slice(-1), 1);
  return first.map((scored, row) => [...scored, ...(last[row] ?? [])]);
}

/** Of all logits: the length of the difference over that of what was expected. */
export function relativeError(
  actual: readonly (readonly Scored[])[],
  expected: readonly (readonly Scored[])[],
): number {
  let [error, squares] = [0, 0];
  for (const [row, scored] of expected.entries()) {
    for (const [token, { logits }] of scored.entries()) {
      for (const [id, value] of logits.entries()) {
        error += ((actual[row]?.[token]?.logits[id] ?? Number.NaN) - value) ** 2;
        squares += value ** 2;
      }
    }
  }
  return Math.sqrt(error / squares);
}
