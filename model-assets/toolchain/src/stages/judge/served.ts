/** What a task serves of the outputs of a model, as decisions with their margins, so that two variants can be compared. */
import type { OnnxManifest, TokenResult } from '@pilotlight/engine';
import type { Judgement } from '@pilotlight/model-format';

/** The kind of a decision, by the name that it has in a manifest. */
export type DecisionKind = Judgement['decisions']['of'];

/** One decision of a model, with the scores that it serves beside it. */
export interface Decision {
  /** What is decided: a label, the ends of an answer, a token. Decisions are equal where this is. */
  readonly choice: string | number;
  /** How much better the choice is than the next best, in scores; 0 to 1 where these are probabilities. */
  readonly margin: number;
  /** The scores to compare: of the reference those that it serves, of a variant those of the same columns. */
  readonly scores: Float64Array;
  /** The columns that the scores are of, where they are not of all columns. */
  readonly columns?: readonly number[];
}

/** The parts of a manifest that say what is served. */
export type ServedModel = Pick<OnnxManifest, 'task' | 'labels' | 'taskDefaults' | 'textProcessing'>;

/** Reads the decisions of one request. `reference` has those of fp32 for it, whose columns are wanted. */
export type ReadDecisions = (
  result: TokenResult,
  model: ServedModel,
  reference?: readonly Decision[],
) => readonly Decision[] | Promise<readonly Decision[]>;

/** The values of some columns. */
export function scoresOf(values: ArrayLike<number>, columns: readonly number[]): Float64Array {
  return Float64Array.from(columns, (column) => values[column] ?? Number.NaN);
}

/** The distance of the largest value to the next one. */
export function marginOf(values: ArrayLike<number>): number {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NEGATIVE_INFINITY;
    if (value > first) [first, second] = [value, first];
    else if (value > second) second = value;
  }
  return second === Number.NEGATIVE_INFINITY ? 0 : first - second;
}
