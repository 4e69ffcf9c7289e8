/** What a token of an archive's model costs: measured on its goldens, many times over. */
import type { BulkModel } from '@pilotlight/engine';
import { CPU_BUDGET, fillBatches, msPerToken } from '../../stages/tune.ts';

/** Padded tokens of one batch. */
export const ARCHIVE_BUDGET = CPU_BUDGET;

const INPUTS = 96;
const ROUNDS = 3;
const TIME_BUDGET_MS = 2_000;

/** Measures the milliseconds of a token in batches of `budget` padded tokens; three digits. */
export async function measureArchiveMsPerToken(
  model: Pick<BulkModel, 'predict' | 'prepare'>,
  inputs: readonly unknown[],
  budget: number,
  report: (done: number) => void = () => {},
): Promise<number> {
  const sized: Sized[] = [];
  for (let index = 0; index < INPUTS; index++) {
    const input = inputs[index % inputs.length];
    const { tokens } = await model.prepare(input, {}, { task: 'predictor' });
    sized.push({ input, tokens: Math.max(1, tokens) });
  }
  sized.sort((left, right) => right.tokens - left.tokens);
  const tokens = sized.reduce((sum, entry) => sum + entry.tokens, 0) / sized.length;
  let best = 0;
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.max(best, await inputsPerSecond(model, sized, budget));
    report((round + 1) / ROUNDS);
    if (performance.now() - start > TIME_BUDGET_MS) break;
  }
  return msPerToken(best, tokens);
}

interface Sized {
  readonly input: unknown;
  readonly tokens: number;
}

async function inputsPerSecond(
  model: Pick<BulkModel, 'predict'>,
  sized: readonly Sized[],
  budget: number,
): Promise<number> {
  const start = performance.now();
  for (const batch of fillBatches(sized, budget)) {
    const inputs = batch.map(({ input }) => input);
    await model.predict(inputs, {}, { task: 'predictor' });
  }
  return (1_000 * sized.length) / (performance.now() - start);
}
