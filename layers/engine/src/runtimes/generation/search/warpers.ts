/**
 * The warpers of `generate` of transformers 5.24: each leaves out classes, or changes how far scores are apart, before one is drawn.
 * They come in its order: temperature, top_h, top_k, top_p, min_p, typical_p, epsilon, eta.
 */
import { at, softmax } from '../../../math/activations.ts';
import { torchTopOrder } from '../../../math/torch-topk.ts';
import { type Choices, largestOf, logSumExp } from './choices.ts';
import { etaThreshold, keep, listRemaining, type Remaining, TOP_H_CLASSES } from './remaining.ts';
import type { Sampling } from './search-options.ts';

/** Which places stay; it is asked of each of them, in order. */
type Warper = (remaining: Remaining) => (place: number) => boolean;

/**
 * Warps the scores of a row. `classes` are those that they belong to: at least as many as the first warper can keep.
 *
 * @param leastKept classes that stay whatever the warpers say: 1, or with beams one more than there are end tokens
 * @returns the classes that stay, in their order
 */
export function warp(
  { classes, scores }: Pick<Choices, 'classes' | 'scores'>,
  sampling: Sampling,
  leastKept: number,
): Choices {
  const warm = temper(scores, sampling.temperature);
  const warpers = activeWarpers(sampling, leastKept);
  if (warpers.length === 0) return { classes, scores: warm, logSum: logSumExp(warm) };
  const remaining = listRemaining({ classes, scores: warm }, sampling, leastKept);
  return warpers.reduce((left, warper) => keep(left, warper(left)), remaining);
}

function temper(scores: Float32Array, temperature: number): Float32Array {
  if (temperature === 1) return scores;
  const tempered = new Float32Array(scores.length);
  for (let place = 0; place < scores.length; place++) tempered[place] = at(scores, place) / temperature;
  if (Number.isFinite(largestOf(tempered))) return tempered;
  // So near to 0 that float32 does not have the best score: what counts is how far the others are from it.
  const best = largestOf(scores);
  if (!Number.isFinite(best)) return tempered;
  for (let place = 0; place < scores.length; place++)
    tempered[place] = (at(scores, place) - best) / temperature;
  return tempered;
}

function activeWarpers(sampling: Sampling, leastKept: number): readonly Warper[] {
  const { topH, topK, topP, minP, typicalP, epsilonCutoff, etaCutoff } = sampling;
  return [
    ...(topH > 0 ? [keepTopH(topH)] : []),
    ...(topK > 0 ? [keepTopK(Math.max(topK, leastKept))] : []),
    ...(topP < 1 ? [keepTopP(topP, leastKept)] : []),
    ...(minP > 0 ? [keepMinP(minP, leastKept)] : []),
    ...(typicalP < 1 ? [keepTypical(typicalP, leastKept)] : []),
    ...(epsilonCutoff > 0 && epsilonCutoff < 1 ? [keepAbove(() => epsilonCutoff, leastKept)] : []),
    ...(etaCutoff > 0 && etaCutoff < 1
      ? [keepAbove(({ entropy }) => etaThreshold(etaCutoff, entropy()), leastKept)]
      : []),
  ];
}

/** Nguyen et al. 2025, https://arxiv.org/abs/2509.02510: as many of the best as stay within a share of their entropy. */
function keepTopH(share: number): Warper {
  return ({ scores }) => {
    const best = torchTopOrder(Array.from(scores), TOP_H_CLASSES);
    const terms = softmax(best.map((place) => at(scores, place))).map((probability) =>
      probability > 0 ? -probability * Math.log(probability) : 0,
    );
    const limit = share * terms.reduce((sum, term) => sum + term, 0);
    let sum = 0;
    const kept = new Set(best.slice(0, 1));
    for (const [rank, place] of best.entries()) {
      sum += at(terms, rank);
      if (sum <= limit) kept.add(place);
    }
    return (place) => kept.has(place);
  };
}

/** Those that are as good as the last of the best `count`. */
function keepTopK(count: number): Warper {
  return ({ scores }) => {
    const least = nthLargest(scores, count);
    return (place) => at(scores, place) >= least;
  };
}

/** The best until they have a share `mass`. Of equal classes the lower is left out first, as sorting upwards does it. */
function keepTopP(mass: number, leastKept: number): Warper {
  return ({ scores, logSum }) => {
    const upwards = scores.slice().sort();
    const probabilities = Float64Array.from(upwards, (score) => Math.exp(score - logSum));
    let sum = 1 - probabilities.reduce((listed, probability) => listed + probability, 0);
    let dropped = 0;
    for (; dropped < upwards.length - leastKept; dropped++) {
      sum += at(probabilities, dropped);
      if (Math.fround(sum) > Math.fround(1 - mass)) break;
    }
    const least = at(upwards, dropped);
    let equalsToDrop = dropped - upwards.indexOf(least);
    return (place) => {
      const score = at(scores, place);
      return score === least ? equalsToDrop-- <= 0 : score > least;
    };
  };
}

/** Those that have at least a share of the probability of the best. */
function keepMinP(share: number, leastKept: number): Warper {
  return ({ scores }) => {
    const always = new Set(leastKept > 1 ? torchTopOrder(Array.from(scores), leastKept) : []);
    const largest = largestOf(scores);
    const least = Math.fround(share);
    return (place) => always.has(place) || Math.fround(Math.exp(at(scores, place) - largest)) >= least;
  };
}

/** Meister et al. 2022, https://arxiv.org/abs/2202.00666: those whose surprise is closest to the entropy, until they have a share `mass`. */
function keepTypical(mass: number, leastKept: number): Warper {
  return (remaining) => {
    const { classes, scores, logSum } = remaining;
    const entropy = remaining.entropy();
    const distances = scores.map((score) => Math.abs(logSum - score - entropy));
    const order = classes.map((_, place) => place).sort((a, b) => at(distances, a) - at(distances, b));
    let sum = 0;
    let last = 0;
    for (const place of order.slice(0, -1)) {
      sum += Math.exp(at(scores, place) - logSum);
      if (Math.fround(sum) >= Math.fround(mass)) break;
      last += 1;
    }
    const farthest = at(distances, at(order, last));
    const always = new Set(order.slice(0, leastKept));
    return (place) => always.has(place) || at(distances, place) <= farthest;
  };
}

/** Hewitt et al. 2022, https://arxiv.org/abs/2210.15191: those that are at least as probable as a threshold, and the best. */
function keepAbove(threshold: (remaining: Remaining) => number, leastKept: number): Warper {
  return (remaining) => {
    const { scores, logSum } = remaining;
    const least = nthLargest(scores, leastKept);
    const limit = Math.fround(threshold(remaining));
    return (place) =>
      at(scores, place) >= least || Math.fround(Math.exp(at(scores, place) - logSum)) >= limit;
  };
}

/** The `count`th score from above; the least where there are fewer. */
function nthLargest(scores: Float32Array, count: number): number {
  return count === 1 ? largestOf(scores) : (scores.slice().sort().at(-count) ?? Number.NEGATIVE_INFINITY);
}
