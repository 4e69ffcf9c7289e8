/** The token budget: how many padded tokens one run of the session gets, by a rule; and what a token costs at it, by measurement. See ADR-token-budget.md. */
import type { Predictor, TokenRequest } from '@pilotlight/engine';

/** Padded tokens of one batch on a CPU: fewer, and dispatch dominates; more, and activations leave the cache. */
export const CPU_BUDGET = 1024;
/** Padded tokens that keep a GPU busy. */
const GPU_BUDGET = 16_384;
/** A model that gives so many values a token that no budget is small enough has this one. */
const SMALLEST = 256;

/** Bytes of logits that one run may give: those of a vocabulary take 120 kB for each token and more. */
const MAXIMUM_OUTPUT_BYTES = 2 ** 28;

/** The budget of a model that gives `values` float32 values a token, on a CPU. */
export function cpuBudget(values: number): number {
  return withinOutput(CPU_BUDGET, values);
}

/** The budget of a model that gives `values` float32 values a token, on a GPU. */
export function gpuBudget(values: number): number {
  return withinOutput(GPU_BUDGET, values);
}

function withinOutput(budget: number, values: number): number {
  const bounded = Math.floor(MAXIMUM_OUTPUT_BYTES / (4 * values));
  return Math.max(SMALLEST, Math.min(budget, bounded));
}

const TEXTS = 128;
const ROUNDS = 6;
const TIME_BUDGET_MS = 2_000;

/** A model so large that one round would take more than the time for all of them is measured on one text of so many. */
const FEWER = 4;

/**
 * Measures the milliseconds of a token, special tokens included and padding not, in full batches: the best of some rounds, because what
 * else runs on the machine only takes away.
 */
export async function measureMsPerToken(
  predictor: Predictor,
  report: (done: number) => void = () => {},
): Promise<number> {
  const { tokenBudget } = predictor.variant;
  const all = mixedLengths(TEXTS, Math.min(predictor.manifest.textProcessing.maxTokens, 256));
  const few = all.filter((_, index) => index % FEWER === 0);
  const warming = performance.now();
  const tokensOfFew = await countTokens(predictor, few);
  const isSlow = FEWER * ROUNDS * (performance.now() - warming) > TIME_BUDGET_MS;
  const requests = isSlow ? few : all;
  const tokens = isSlow ? tokensOfFew : await countTokens(predictor, all);
  const start = performance.now();
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.max(best, await textsPerSecond(predictor, requests, tokenBudget));
    report((round + 1) / ROUNDS);
    if (performance.now() - start > TIME_BUDGET_MS) break;
  }
  return msPerToken(best, tokens / requests.length);
}

/** Milliseconds of a token where `textsPerSecond` texts of `tokens` tokens on average are read; three digits. */
export function msPerToken(textsPerSecond: number, tokens: number): number {
  return Number((1_000 / (textsPerSecond * tokens)).toPrecision(3));
}

/** Tokens of all texts, special tokens included; running them once is what warms the model up. */
async function countTokens(predictor: Predictor, requests: ReturnType<typeof mixedLengths>): Promise<number> {
  let tokens = 0;
  for (const batch of fillBatches(requests, SMALLEST)) {
    const results = await predictor.infer(batch, { truncate: true });
    for (const { encoding } of results) tokens += encoding.ids.length;
  }
  return tokens;
}

async function textsPerSecond(
  predictor: Predictor,
  requests: ReturnType<typeof mixedLengths>,
  budget: number,
): Promise<number> {
  const start = performance.now();
  for (const batch of fillBatches(requests, budget)) await predictor.infer(batch, { truncate: true });
  return (1_000 * requests.length) / (performance.now() - start);
}

/** Texts of 4 to `longest` words, most of them short, as requests are; longest first. */
function mixedLengths(
  count: number,
  longest: number,
): readonly (TokenRequest & { readonly tokens: number })[] {
  return Array.from({ length: count }, (_, index) => {
    const share = 1 - index / count;
    const words = Math.max(4, Math.round(longest * share ** 3));
    return {
      text: Array.from({ length: words }, (_word, at) => 'a word or two'.split(' ')[at % 4]).join(' '),
      // Each word is a token, and there are two special ones.
      tokens: words + 2,
    };
  });
}

/** Batches of entries, which come longest first, of at most so many padded tokens. */
export function fillBatches<Entry extends { readonly tokens: number }>(
  entries: readonly Entry[],
  budget: number,
): Entry[][] {
  const batches: Entry[][] = [];
  let longest = 0;
  for (const entry of entries) {
    const batch = batches.at(-1);
    if (batch !== undefined && (batch.length + 1) * longest <= budget) batch.push(entry);
    else {
      longest = entry.tokens;
      batches.push([entry]);
    }
  }
  return batches;
}
