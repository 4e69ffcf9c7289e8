/** Whether an int8 variant of an archive is worth serving: it decides as fp32 does, and it is faster. */
import type { BulkModel } from '@pilotlight/engine';
import type { AnswerGolden } from '@pilotlight/engine/internal/allennlp/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/allennlp/compare-answers';

/** A variant that is less than this much faster is not worth what it loses. */
const LEAST_SPEEDUP = 1.1;
/** The largest difference of a number: scores and probabilities of int8 models move by less. */
const LARGEST_DIFFERENCE = 0.1;
const ROUNDS = 5;

export interface Int8Judgement {
  /** Largest difference of a number of the answers to the goldens. */
  readonly largestDifference: number;
  readonly speedup: number;
  /** Why it is not packaged. @default - it is good enough */
  readonly reason?: string;
}

export async function judgeInt8(
  fp32: Pick<BulkModel, 'predict'>,
  int8: Pick<BulkModel, 'predict'>,
  goldens: readonly AnswerGolden[],
): Promise<Int8Judgement> {
  let largestDifference = 0;
  let reason: string | undefined;
  for (const { input } of goldens) {
    const [expected, actual] = [await answer(fp32, input), await answer(int8, input)];
    const { problem, largest } = compareAnswers(expected, actual);
    reason ??= problem && `it decides otherwise than fp32: ${problem}`;
    largestDifference = Math.max(largestDifference, largest);
  }
  if (largestDifference > LARGEST_DIFFERENCE) {
    reason ??= `its numbers are off by up to ${largestDifference.toPrecision(2)}`;
  }
  const inputs = goldens.map(({ input }) => input);
  let [slow, fast] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    slow = Math.min(slow, await timed(() => fp32.predict(inputs, {}, { task: 'predictor' })));
    fast = Math.min(fast, await timed(() => int8.predict(inputs, {}, { task: 'predictor' })));
  }
  const speedup = slow / fast;
  if (speedup < LEAST_SPEEDUP)
    reason ??= `it is ${speedup.toFixed(2)} times as fast as fp32, which gains nothing`;
  return { largestDifference, speedup, ...(reason !== undefined && { reason }) };
}

async function answer(model: Pick<BulkModel, 'predict'>, input: unknown): Promise<unknown> {
  const { results } = await model.predict(input, {}, { task: 'predictor' });
  return results[0];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
