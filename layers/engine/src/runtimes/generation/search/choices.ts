/** The classes that may come next in one row, with what each is worth. Loops over whole vocabularies are plain, for they run in each step. */
import { topIndices } from '../../../math/top-indices.ts';
import type { Random } from './random.ts';
import type { ToldToken } from './search.ts';

export interface Choices {
  /** @default - every class, in order */
  readonly classes?: ArrayLike<number> | undefined;
  readonly scores: Float32Array;
  /** Is taken from a score to make it a log probability. */
  readonly logSum: number;
}

export interface Choice {
  readonly id: number;
  readonly logprob: number;
}

/** The largest score; -Infinity where there are none. */
export function largestOf(scores: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? Number.NaN;
    if (score > largest) largest = score;
  }
  return largest;
}

/** log(sum(exp(scores))); -Infinity where there are none, or none that may come. */
export function logSumExp(scores: Float32Array): number {
  const largest = largestOf(scores);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp((scores[i] ?? Number.NaN) - largest);
  return largest + Math.log(sum);
}

function choiceAt({ classes, scores, logSum }: Choices, place: number): Choice {
  const id = classes === undefined ? place : (classes[place] ?? Number.NaN);
  return { id, logprob: (scores[place] ?? Number.NaN) - logSum };
}

/** The best choices that may come, best first; of equals the earlier. All of them without `count`, in their order. */
export function bestChoices(choices: Choices, count?: number): readonly Choice[] {
  const places = count === undefined ? Array.from(choices.scores.keys()) : topIndices(choices.scores, count);
  return places
    .map((place) => choiceAt(choices, place))
    .filter(({ logprob }) => logprob > Number.NEGATIVE_INFINITY);
}

/** Draws one choice by its probability. `logSum` is that of these choices. */
export function drawChoice(choices: Choices, random: Random): Choice | undefined {
  const { scores, logSum } = choices;
  const target = random.next();
  let sum = 0;
  let last = -1;
  for (let place = 0; place < scores.length && sum <= target; place++) {
    const probability = Math.exp((scores[place] ?? Number.NaN) - logSum);
    if (!(probability > 0)) continue;
    sum += probability;
    last = place;
  }
  return last < 0 ? undefined : choiceAt(choices, last);
}

/** The best tokens as they are told with the one that was chosen; nothing where none were asked for. */
export function toldTop(best: readonly Choice[]): Pick<ToldToken, 'top'> {
  return best.length === 0 ? {} : { top: best.map(({ id, logprob }) => [id, logprob]) };
}
