/** Makes the answers of a call out of what became of its instances. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { TokenLimits } from '../../batching/token-limits.ts';
import { AnswerSize } from '../../predict/answer-size.ts';
import type { Outcome } from '../../predict/loaded-model.ts';
import { Slices } from '../../tokenizer/slices.ts';
import type { ArchiveModel } from './archive-model.ts';
import type { InstanceOutcome, QueueReport } from './instance-queue.ts';
import type { ReadInputs } from './read-inputs.ts';

/** What a run is bounded by. */
export interface Bounds {
  readonly limits?: TokenLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One outcome for each input, in order: the predictor's JSON, or the result of the task that was asked for.
 *
 * @throws EngineError ANSWER_TOO_LARGE
 */
export async function makeAnswers(
  model: ArchiveModel,
  { inputs, parameters }: ReadInputs & { readonly parameters: Readonly<Record<string, unknown>> },
  report: Pick<QueueReport, 'outcomes'>,
  { limits, signal }: Bounds,
): Promise<readonly Outcome[]> {
  const size = new AnswerSize(limits?.maxAnswerBytes);
  const slices = new Slices(signal);
  const outcomes: Outcome[] = [];
  let next = 0;
  for (const input of inputs) {
    await slices.giveWay();
    if ('error' in input) {
      outcomes.push(input);
      continue;
    }
    const { asked, instances } = input;
    const own = report.outcomes.slice(next, next + instances.length);
    next += instances.length;
    try {
      const answer = model.answer(asked.json, instances, own.map(outputOf));
      const result = asked.shape ? asked.shape.fromAnswer(answer, asked.input, parameters) : answer;
      size.addResult(result);
      outcomes.push({ result });
    } catch (error) {
      const isOfInput = error instanceof EngineError && error.code !== 'ANSWER_TOO_LARGE';
      if (!isOfInput) throw error;
      outcomes.push({ error });
    }
  }
  return outcomes;
}

function outputOf(outcome: InstanceOutcome): unknown {
  if ('error' in outcome) throw outcome.error;
  return outcome.output;
}
