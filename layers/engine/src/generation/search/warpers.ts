/**
 * The warpers of `generate` of transformers 5.24: each leaves out classes, or changes how far scores are apart, before one is drawn.
 * They come in its order: temperature, top_h, top_k, top_p, min_p, typical_p, epsilon, eta.
 */
import { at, softmax } from '../../math/activations.ts';
import { topIndices } from '../../math/top-indices.ts';
import { torchTopOrder } from '../../math/torch-topk.ts';
import { type Choices, logSumExp } from './choices.ts';
import type { Sampling } from './search-options.ts';

/** Classes that top_h looks at: transformers' number. */
export const TOP_H_CLASSES = 100;

/** Classes of a row, best first, of equal ones the lower first. */
interface Ranked {
  readonly classes: readonly number[];
  readonly scores: readonly number[];
  /** log(sum(exp)) of all classes that may come, those among them that are too far down to be listed. */
  readonly logSum: number;
}

/** Which of the places of `ranked` stay. */
type Warper = (ranked: Ranked) => (place: number) => boolean;

/** What is between a threshold that was computed in another way and the score that it is compared with. */
const ROUNDING = 1e-6;

/**
 * Warps the scores of a row. `classes` are those that they belong to: at least as many as the first warper can leave.
 *
 * @param leastKept classes that stay whatever the warpers say: 1, or with beams one more than there are end tokens
 * @returns the classes that stay, by their ids
 */
export function warp(
  { classes, scores }: Pick<Choices, 'classes' | 'scores'>,
  sampling: Sampling,
  leastKept: number,
): Choices {
  const warm = Float32Array.from(scores, (score) => score / sampling.temperature);
  const warpers = activeWarpers(sampling, leastKept);
  if (warpers.length === 0) return { classes, scores: warm, logSum: logSumExp(warm) };
  let ranked = rank(warm, classes, floorOf(warm, sampling, leastKept));
  for (const warper of warpers) ranked = keep(ranked, warper(ranked));
  const order = ranked.classes.map((_, place) => place);
  order.sort((a, b) => at(ranked.classes, a) - at(ranked.classes, b));
  return {
    classes: order.map((place) => at(ranked.classes, place)),
    scores: order.map((place) => at(ranked.scores, place)),
    logSum: ranked.logSum,
  };
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
    ...(etaCutoff > 0 && etaCutoff < 1 ? [keepAbove((ranked) => eta(etaCutoff, ranked), leastKept)] : []),
  ];
}

/** The least score that the first warper can leave, so that the many below it need not be put in order. */
function floorOf(scores: Float32Array, sampling: Sampling, leastKept: number): number {
  const { topH, topK, topP, minP } = sampling;
  const nth = (count: number): number =>
    at(scores, topIndices(scores, Math.min(count, scores.length)).at(-1) ?? -1);
  if (topH > 0) return nth(TOP_H_CLASSES);
  if (topK > 0) return nth(Math.max(topK, leastKept));
  const largest = nth(1);
  const least = leastKept > 1 ? nth(leastKept) : largest;
  if (topP < 1) return Math.min(least, floorOfMass(scores, largest, topP));
  return minP > 0 ? Math.min(least, largest + Math.log(minP) - ROUNDING) : Number.NEGATIVE_INFINITY;
}

/** A score above which there is at least a share `mass` of the probability. */
function floorOfMass(scores: Float32Array, largest: number, mass: number): number {
  const needed = logSumExp(scores) + Math.log(Math.min(1, mass + ROUNDING));
  for (let depth = 4; depth <= 64; depth *= 2) {
    const above = scores.filter((score) => score >= largest - depth);
    if (logSumExp(above) >= needed) return largest - depth;
  }
  return Number.NEGATIVE_INFINITY;
}

function rank(scores: Float32Array, classes: Choices['classes'], floor: number): Ranked {
  const places: number[] = [];
  for (let place = 0; place < scores.length; place++) {
    const score = at(scores, place);
    if (score >= floor && score > Number.NEGATIVE_INFINITY) places.push(place);
  }
  const classOf = (place: number): number => (classes === undefined ? place : at(classes, place));
  places.sort((a, b) => at(scores, b) - at(scores, a) || classOf(a) - classOf(b));
  return {
    classes: places.map(classOf),
    scores: places.map((place) => at(scores, place)),
    logSum: logSumExp(scores),
  };
}

function keep({ classes, scores }: Ranked, stays: (place: number) => boolean): Ranked {
  const kept = scores.filter((_, place) => stays(place));
  return { classes: classes.filter((_, place) => stays(place)), scores: kept, logSum: logSumExp(kept) };
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
    const upwards = scores.map((_, place) => place).reverse();
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
  return ({ scores, logSum }) => {
    const entropy = entropyOf({ scores, logSum });
    const distances = scores.map((score) => Math.abs(logSum - score - entropy));
    const order = scores.map((_, place) => place).sort((a, b) => at(distances, a) - at(distances, b));
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

function eta(epsilon: number, ranked: Ranked): number {
  return Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropyOf(ranked)));
}

function entropyOf({ scores, logSum }: Pick<Ranked, 'scores' | 'logSum'>): number {
  return scores.reduce((sum, score) => sum + Math.exp(score - logSum) * (logSum - score), 0);
}
