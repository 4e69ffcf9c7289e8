/** How well texts are ordered by a model: `relevance[i]` is that of the text at rank `i`, the best rank first; 0 is not relevant. */

/**
 * Normalised discounted cumulative gain of the first `k` ranks, 0 to 1: gains count as they are and are divided by log2 of the rank plus
 * one, as `ndcg_score` of scikit-learn has it. 0 where nothing is relevant.
 */
export function ndcgAt(relevance: readonly number[], k: number): number {
  const best = discounted(
    [...relevance].sort((left, right) => right - left),
    k,
  );
  return best === 0 ? 0 : discounted(relevance, k) / best;
}

function discounted(relevance: readonly number[], k: number): number {
  return relevance.slice(0, k).reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0);
}

/** 1 over the rank of the first text that is relevant, where it is among the first `k`, else 0. Its mean over queries is MRR. */
export function reciprocalRankAt(relevance: readonly number[], k: number): number {
  const rank = relevance.slice(0, k).findIndex((gain) => gain > 0);
  return rank < 0 ? 0 : 1 / (rank + 1);
}
