/**
 * The warpers of `generate` of transformers 5.24: each leaves out classes, or changes how far scores are apart, before one is drawn.
 * They come in its order: temperature, top_h, top_k, top_p, min_p, typical_p, epsilon, eta.
 */
import { at, softmax } from '../../math/activations.ts';
import { torchTopOrder } from '../../math/torch-topk.ts';
import { type Choices, logSumExp } from './choices.ts';
import { byClass, etaThreshold, keep, type Ranked, rank, TOP_H_CLASSES } from './ranked.ts';
import type { Sampling } from './search-options.ts';

/** Which of the places of `ranked` stay. */
type Warper = (ranked: Ranked) => (place: number) => boolean;

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
  const ranked = rank({ classes, scores: warm }, sampling, leastKept);
  return byClass(warpers.reduce((left, warper) => keep(left, warper(left)), ranked));
}

function temper(scores: Float32Array, temperature: number): Float32Array {
  if (temperature === 1) return scores;
  const tempered = new Float32Array(scores.length);
  for (let place = 0; place < scores.length; place++) tempered[place] = at(scores, place) / temperature;
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
  return (ranked) => {
    const best = bestOf(ranked, TOP_H_CLASSES);
    const terms = softmax(best.map((place) => at(ranked.scores, place))).map((probability) =>
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

/** Places of the best `count`, best first; which of equal classes is better is as torch.topk says. */
function bestOf({ classes, scores }: Ranked, count: number): readonly number[] {
  const byClass = classes.map((_, place) => place).sort((a, b) => at(classes, a) - at(classes, b));
  const order = torchTopOrder(
    byClass.map((place) => at(scores, place)),
    count,
  );
  return order.map((rank) => at(byClass, rank));
}

/** Those that are as good as the last of the best `count`. */
function keepTopK(count: number): Warper {
  return ({ scores }) => {
    const least = scores[count - 1] ?? Number.NEGATIVE_INFINITY;
    return (place) => at(scores, place) >= least;
  };
}

/** The best until they have a share `mass`. Of equal classes the lower is left out first, as sorting upwards does it. */
function keepTopP(mass: number, leastKept: number): Warper {
  return ({ classes, scores, logSum }) => {
    const upwards = classes.map((_, place) => place).reverse();
    upwards.sort((a, b) => at(scores, a) - at(scores, b) || at(classes, a) - at(classes, b));
    const probability = (place: number): number => Math.exp(at(scores, place) - logSum);
    let sum = 1 - upwards.reduce((listed, place) => listed + probability(place), 0);
    const dropped = new Set<number>();
    for (const place of upwards.slice(0, -leastKept)) {
      sum += probability(place);
      if (Math.fround(sum) > Math.fround(1 - mass)) break;
      dropped.add(place);
    }
    return (place) => !dropped.has(place);
  };
}

/** Those that have at least a share of the probability of the best. */
function keepMinP(share: number, leastKept: number): Warper {
  return (ranked) => {
    const always = new Set(bestOf(ranked, leastKept));
    const least = Math.fround(share);
    const ratio = (place: number): number => Math.exp(at(ranked.scores, place) - at(ranked.scores, 0));
    return (place) => always.has(place) || Math.fround(ratio(place)) >= least;
  };
}

/** Meister et al. 2022, https://arxiv.org/abs/2202.00666: those whose surprise is closest to the entropy, until they have a share `mass`. */
function keepTypical(mass: number, leastKept: number): Warper {
  return (ranked) => {
    const { classes, scores, logSum } = ranked;
    const entropy = ranked.entropy();
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
function keepAbove(threshold: (ranked: Ranked) => number, leastKept: number): Warper {
  return (ranked) => {
    const { scores, logSum } = ranked;
    const least = scores[Math.min(leastKept, scores.length) - 1] ?? Number.NEGATIVE_INFINITY;
    const limit = Math.fround(threshold(ranked));
    return (place) =>
      at(scores, place) >= least || Math.fround(Math.exp(at(scores, place) - logSum)) >= limit;
  };
}
