/** The classes that may come next in one row, with what each is worth. */
import { at } from '../../math/activations.ts';
import { topIndices } from '../../math/top-indices.ts';
import type { Random } from './random.ts';
import type { ToldToken } from './search.ts';

export interface Choices {
  /** @default - every class, in order */
  readonly classes?: readonly number[] | undefined;
  readonly scores: ArrayLike<number>;
  /** Is taken from a score to make it a log probability. */
  readonly logSum: number;
}

export interface Choice {
  readonly id: number;
  readonly logprob: number;
}

/** log(sum(exp(scores))); -Infinity where there are none, or none that may come. */
export function logSumExp(scores: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) largest = Math.max(largest, at(scores, i));
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp(at(scores, i) - largest);
  return largest + Math.log(sum);
}

export function choiceAt({ classes, scores, logSum }: Choices, place: number): Choice {
  return { id: classes === undefined ? place : at(classes, place), logprob: at(scores, place) - logSum };
}

/** The best choices that may come, best first; of equals the earlier. */
export function bestChoices(choices: Choices, count: number): readonly Choice[] {
  if (count === 0) return [];
  return topIndices(choices.scores, count)
    .map((place) => choiceAt(choices, place))
    .filter(({ logprob }) => logprob > Number.NEGATIVE_INFINITY);
}

/** Draws one choice by its probability. `logSum` is that of these choices. */
export function drawChoice(choices: Choices, random: Random): Choice | undefined {
  const { scores, logSum } = choices;
  const target = random.next();
  let sum = 0;
  let last: number | undefined;
  for (let place = 0; place < scores.length; place++) {
    const probability = Math.exp(at(scores, place) - logSum);
    if (!(probability > 0)) continue;
    sum += probability;
    last = place;
    if (sum > target) break;
  }
  return last === undefined ? undefined : choiceAt(choices, last);
}

/** The best tokens as they are told with the one that was chosen; nothing where none were asked for. */
export function toldTop(best: readonly Choice[]): Pick<ToldToken, 'top'> {
  return best.length === 0 ? {} : { top: best.map(({ id, logprob }) => [id, logprob]) };
}
