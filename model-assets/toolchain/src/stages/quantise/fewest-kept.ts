/**
 * The fewest of the worst layers that have to stay fp32 so that `attempt` succeeds: first one, two, four and so on, then
 * by halves between the last two. `attempt` gives undefined where it fails. Gives undefined when `most` are not enough.
 * Assumes that more layers in fp32 are never worse; then it tries 2 log2(most) times at most.
 */
export async function fewestKept<Result>(
  worstFirst: readonly string[],
  most: number,
  attempt: (kept: readonly string[]) => Promise<Result | undefined>,
): Promise<{ readonly kept: readonly string[]; readonly result: Result } | undefined> {
  const limit = Math.min(most, worstFirst.length);
  let failed = 0;
  let best: { kept: readonly string[]; result: Result } | undefined;
  const trial = async (count: number) => {
    const kept = worstFirst.slice(0, count);
    const result = await attempt(kept);
    if (result === undefined) failed = count;
    else best = { kept, result };
  };
  for (let count = 1; best === undefined && failed < limit; count *= 2) await trial(Math.min(count, limit));
  while (best !== undefined && best.kept.length - failed > 1) {
    await trial(Math.floor((failed + best.kept.length) / 2));
  }
  return best;
}
