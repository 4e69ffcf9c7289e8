/** The classes of a row that warpers have left, in their order. Those that are too improbable for the first warper are never listed. */
import { at } from '../../../math/activations.ts';
import { topIndices } from '../../../math/top-indices.ts';
import { type Choices, largestOf, logSumExp } from './choices.ts';
import type { Sampling } from './search-options.ts';

/** Classes that top_h looks at: transformers' number. */
export const TOP_H_CLASSES = 100;

/** What is between a threshold that was reckoned in another way and the score that it is compared with. */
const ROUNDING = 1e-6;

export interface Remaining extends Choices {
  readonly classes: readonly number[];
  /** In nats. Like `logSum` it is of all classes that may come, listed or not. */
  readonly entropy: () => number;
}

/** Lists what the first warper can keep. */
export function listRemaining(
  { classes, scores }: Pick<Choices, 'classes' | 'scores'>,
  sampling: Sampling,
  leastKept: number,
): Remaining {
  const logSum = logSumExp(scores);
  const floor = floorOf(scores, logSum, sampling, leastKept);
  const places: number[] = [];
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place] ?? Number.NaN;
    if (score >= floor && score > Number.NEGATIVE_INFINITY) places.push(place);
  }
  if (classes) places.sort((a, b) => at(classes, a) - at(classes, b));
  return {
    classes: classes ? places.map((place) => at(classes, place)) : places,
    scores: pick(scores, places),
    logSum,
    entropy: () => entropyOf(scores, logSum),
  };
}

/** Leaves out what does not stay: `stays` is asked of each place, in order. */
export function keep({ classes, scores }: Remaining, stays: (place: number) => boolean): Remaining {
  const places: number[] = [];
  for (let place = 0; place < classes.length; place++) if (stays(place)) places.push(place);
  const kept = pick(scores, places);
  const logSum = logSumExp(kept);
  return {
    classes: places.map((place) => at(classes, place)),
    scores: kept,
    logSum,
    entropy: () => entropyOf(kept, logSum),
  };
}

function pick(scores: Float32Array, places: readonly number[]): Float32Array {
  const picked = new Float32Array(places.length);
  for (let i = 0; i < picked.length; i++) picked[i] = at(scores, places[i] ?? -1);
  return picked;
}

/** A score that is no higher than any that the first warper keeps. */
function floorOf(scores: Float32Array, logSum: number, sampling: Sampling, leastKept: number): number {
  const { topH, topK, topP, minP, typicalP, epsilonCutoff, etaCutoff } = sampling;
  const nth = (count: number): number =>
    at(scores, topIndices(scores, Math.min(count, scores.length)).at(-1) ?? -1);
  if (topH > 0) return nth(TOP_H_CLASSES);
  if (topK > 0) return nth(Math.max(topK, leastKept));
  const floorOfFirst = (): number => {
    const largest = largestOf(scores);
    if (topP < 1) return floorOfMass(scores, logSum, topP, largest);
    if (minP > 0) return largest + Math.log(minP) - ROUNDING;
    const entropy = typicalP < 1 || etaCutoff > 0 ? entropyOf(scores, logSum) : Number.NaN;
    if (typicalP < 1) return floorOfMass(scores, logSum, typicalP, logSum - entropy);
    const least = epsilonCutoff > 0 ? epsilonCutoff : etaThreshold(etaCutoff, entropy);
    return logSum + Math.log(least) - ROUNDING;
  };
  return Math.min(nth(leastKept), floorOfFirst());
}

/** As far below `center` as there is a share `mass` of the probability no further from it, above and below. */
function floorOfMass(scores: Float32Array, logSum: number, mass: number, center: number): number {
  for (let depth = 2; depth <= 64; depth *= 2) {
    let sum = 0;
    for (let place = 0; place < scores.length; place++) {
      const score = scores[place] ?? Number.NaN;
      if (Math.abs(score - center) <= depth) sum += Math.exp(score - logSum);
    }
    if (sum >= mass + ROUNDING) return center - depth - ROUNDING;
  }
  return Number.NEGATIVE_INFINITY;
}

/** Hewitt et al. 2022, https://arxiv.org/abs/2210.15191: min(epsilon, sqrt(epsilon) * exp(-entropy)). */
export function etaThreshold(epsilon: number, entropy: number): number {
  return Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy));
}

function entropyOf(scores: Float32Array, logSum: number): number {
  let entropy = 0;
  for (let place = 0; place < scores.length; place++) {
    const surprise = logSum - (scores[place] ?? Number.NaN);
    if (surprise < Number.POSITIVE_INFINITY) entropy += Math.exp(-surprise) * surprise;
  }
  return entropy;
}
