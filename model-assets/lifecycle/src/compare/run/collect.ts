/** Collects the answers of a model to texts. */
import type { BulkModel, LoadedModel, Outcome } from '@pilotlight/engine';
import { PilotlightError } from '@pilotlight/engine';
import type { Answer } from '../answers/answer.ts';
import { type Reading, readingFor } from '../answers/read.ts';
import { inputOf, type Sample } from './samples.ts';
import type { Side } from './side.ts';
import { openTokenIds } from './token-ids.ts';

/** Samples of one call: enough for full batches, few enough for a progress bar to move. */
const SAMPLES_PER_CALL = 32;

/** The place of the decision that an input is refused; its choice is the code of the error. */
export const REFUSED = 'refused';

export interface CollectOptions {
  /** Samples of one call. @default 32 */
  readonly batch?: number | undefined;
  readonly report?: ((done: number) => void) | undefined;
}

/** Gives one answer for each sample. An input that the model refuses is a decision, too. @throws EngineError SESSION_FAILED, OVERLOADED */
export async function collectAnswers(
  side: Side,
  samples: readonly Sample[],
  { batch = SAMPLES_PER_CALL, report = () => {} }: CollectOptions = {},
): Promise<readonly Answer[]> {
  const reading = readingFor(side.manifest);
  const readIds = await openTokenIds(side);
  const answers: Answer[] = [];
  for (let start = 0; start < samples.length; start += batch) {
    const part = samples.slice(start, start + batch);
    const ids = await readIds(part);
    const outcomes = await predictAll(side, part, reading);
    for (const [index, outcome] of outcomes.entries()) {
      const own = ids[index];
      answers.push({ ...(own && { ids: [...own] }), ...readOutcome(outcome, reading) });
    }
    report(answers.length / samples.length);
  }
  return answers;
}

/** Predicts samples as one call. */
export async function predictAll(
  { model, manifest }: Pick<Side, 'model' | 'manifest'>,
  samples: readonly Sample[],
  { parameters, options }: Reading,
): Promise<readonly Outcome[]> {
  const inputs = samples.map((sample) => inputOf(sample, manifest));
  if (isBulk(model)) return (await model.predictEach(inputs, parameters, options)).outcomes;
  const { results } = await model.predict(inputs, parameters, options);
  return results.map((result) => ({ result }));
}

function readOutcome(outcome: Outcome, reading: Reading): Omit<Answer, 'ids'> {
  if ('result' in outcome) return reading.read(outcome.result);
  const code = PilotlightError.is(outcome.error) ? outcome.error.code : 'UNEXPECTED';
  return { decisions: [{ at: REFUSED, choice: code }], scores: [] };
}

const isBulk = (model: LoadedModel): model is BulkModel => 'predictEach' in model;
