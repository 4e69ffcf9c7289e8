/** Embeddings of texts: their cosine to those of fp32, and the nearest neighbour of each among the others. */
import type { TokenResult } from '@pilotlight/engine';
import { condenseToEmbedding } from '@pilotlight/engine/internal/tasks/embedding';
import type { ServedModel } from './served.ts';

/**
 * How much farther than the nearest text another one must be in fp32, by cosine, so that to take it for the nearest is clearly
 * wrong. See ADR-judge.md.
 */
export const CLEAR_DISTANCE = 0.02;

/** The embedding of a text, pooled as it is served, at length 1. */
export function readEmbedding(result: TokenResult, { taskDefaults }: ServedModel): Float32Array {
  const { outputs } = condenseToEmbedding(result, undefined, 'mean', taskDefaults);
  const data = outputs.embeddings?.data ?? new Float32Array();
  const length = Math.sqrt(dot(data, data));
  return length === 0 ? data : data.map((value) => value / length);
}

/** For each embedding, the index of the nearest other one; of equals the first. */
export function nearestOf(embeddings: readonly Float32Array[]): readonly number[] {
  return embeddings.map((own, index) => {
    let [best, highest] = [-1, Number.NEGATIVE_INFINITY];
    for (const [other, embedding] of embeddings.entries()) {
      const similarity = other === index ? Number.NEGATIVE_INFINITY : dot(own, embedding);
      if (similarity > highest) [best, highest] = [other, similarity];
    }
    return best;
  });
}

/** Compares embeddings of the same texts, each of length 1. */
export function compareEmbeddings(fp32: readonly Float32Array[], variant: readonly Float32Array[]) {
  const cosines = fp32.map((own, index) => dot(own, variant[index] ?? new Float32Array()));
  const [before, after] = [nearestOf(fp32), nearestOf(variant)];
  const decisions = { of: 'neighbours' as const, total: fp32.length, changed: 0, clear: 0 };
  for (const [index, neighbour] of before.entries()) {
    const taken = after[index];
    if (taken === neighbour) continue;
    decisions.changed++;
    const own = fp32[index] ?? new Float32Array();
    const similarity = (other: number | undefined) => dot(own, fp32[other ?? -1] ?? new Float32Array());
    if (similarity(neighbour) - similarity(taken) >= CLEAR_DISTANCE) decisions.clear++;
  }
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / (cosines.length || 1);
  return { cosine: { least: Math.min(1, ...cosines), mean }, decisions };
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? Number.NaN);
  return sum;
}
