/** The token budget of a package that was made of an archive: measured on its goldens, many times over. */
import type { BulkModel } from '@pilotlight/engine';
import { chooseBudget, fillBatches, msPerToken } from '../../stages/tune.ts';

/** Padded tokens of one batch. The model is loaded with the last of them. */
export const CANDIDATES = [256, 512, 1024, 2048, 4096] as const;
export const LARGEST_BUDGET = 4096;

const INPUTS = 96;
const ROUNDS = 3;
const TIME_BUDGET_MS = 4_000;

export interface BudgetResult {
  readonly tokenBudget: number;
  /** Milliseconds of a token at that budget. */
  readonly inferMsPerToken: number;
}

/** `model` has the largest budget: batches are cut here. */
export async function measureBudget(
  model: Pick<BulkModel, 'predict' | 'prepare'>,
  inputs: readonly unknown[],
  report: (done: number) => void = () => {},
): Promise<BudgetResult> {
  const sized: Sized[] = [];
  for (let index = 0; index < INPUTS; index++) {
    const input = inputs[index % inputs.length];
    const { tokens } = await model.prepare(input, {}, { task: 'predictor' });
    sized.push({ input, tokens: Math.max(1, tokens) });
  }
  sized.sort((left, right) => right.tokens - left.tokens);
  const tokens = sized.reduce((sum, entry) => sum + entry.tokens, 0) / sized.length;
  const rates: Record<number, number> = {};
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, budget] of CANDIDATES.entries()) {
      rates[budget] = Math.max(rates[budget] ?? 0, await inputsPerSecond(model, sized, budget));
      report((round + (index + 1) / CANDIDATES.length) / ROUNDS);
      if (performance.now() - start > TIME_BUDGET_MS) break;
    }
    if (performance.now() - start > TIME_BUDGET_MS) break;
  }
  const tokenBudget = chooseBudget(rates);
  return { tokenBudget, inferMsPerToken: msPerToken(rates[tokenBudget] ?? 1, tokens) };
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
