/** Searches for the fewest layers that have to stay fp32. */

/** What int8 costs one layer. */
export interface LayerError {
  /** Name of the weights, as `keep` takes it. */
  readonly weights: string;
  /** How far its rows are from those of fp32, on the same activations, as a share of their length. */
  readonly relative: number;
}

/**
 * The fewest of the worst layers that have to stay fp32 so that `attempt` succeeds: first as many as `first` says, then from there
 * in steps of 1, 2, 4 and so on, down while it succeeds or up while it fails, then by halves between the last two. `attempt` gives
 * undefined where it fails. Gives undefined when `most` are not enough. Assumes that more layers in fp32 are never worse. It makes no
 * more than `attempts`, the last of them with `most` layers where none has succeeded: then the fewest that it has found may not be the
 * fewest that there are.
 */
export async function fewestKept<Result>(
  worstFirst: readonly string[],
  most: number,
  attempt: (kept: readonly string[]) => Promise<Result | undefined>,
  first = 1,
  attempts = Number.POSITIVE_INFINITY,
): Promise<{ readonly kept: readonly string[]; readonly result: Result } | undefined> {
  const limit = Math.min(most, worstFirst.length);
  let failed = 0;
  let left = attempts;
  let best: { kept: readonly string[]; result: Result } | undefined;
  const trial = async (count: number): Promise<boolean> => {
    left--;
    const kept = worstFirst.slice(0, count);
    const result = await attempt(kept);
    if (result === undefined) failed = count;
    else best = { kept, result };
    return result !== undefined;
  };
  if (limit < 1) return undefined;
  let count = Math.max(1, Math.min(first, limit));
  const direction = (await trial(count)) ? -1 : 1;
  for (let step = 1; ; step *= 2) {
    const isLast = best === undefined && left === 1;
    const next = isLast ? limit : Math.min(count + direction * step, limit);
    if (next <= failed || left === 0) break;
    count = next;
    if ((await trial(count)) === direction > 0) break;
  }
  while (best !== undefined && left > 0 && best.kept.length - failed > 1) {
    await trial(Math.floor((failed + best.kept.length) / 2));
  }
  return best;
}

/**
 * Predicts how many of the worst layers have to stay fp32. Errors of layers add up as independent ones do, in squares:
 * `plain`, the error of answers with all layers in int8, falls with the sum over the layers that remain.
 */
export function predictKept(
  worstFirst: readonly Pick<LayerError, 'relative'>[],
  plain: number,
  accepted: number,
): number {
  const squares = worstFirst.map(({ relative }) => relative ** 2);
  const all = squares.reduce((sum, square) => sum + square, 0) || 1;
  let left = all;
  const kept = squares.findIndex((square) => {
    const isEnough = plain * Math.sqrt(left / all) <= accepted;
    left -= square;
    return isEnough;
  });
  return kept < 0 ? worstFirst.length : kept;
}
