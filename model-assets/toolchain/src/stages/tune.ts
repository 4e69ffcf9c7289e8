/** The token budget: how many padded tokens one run of the session gets, measured on this machine. */
import type { Predictor, TokenRequest } from '@pilotlight/engine';

/** Padded tokens of one batch; from where dispatch dominates to where activations leave the cache. */
const CANDIDATES = [256, 512, 1024, 2048, 4096, 8192] as const;
const [SMALLEST] = CANDIDATES;

/** Bytes of logits that one run may give: those of a vocabulary take 120 kB for each token and more. */
const MAXIMUM_OUTPUT_BYTES = 2 ** 28;

/** The largest budget for a model that gives `values` float32 values a token; one whose budget is tuned is loaded with it. */
export function largestBudget(values: number): number {
  const within = CANDIDATES.filter((budget) => 4 * values * budget <= MAXIMUM_OUTPUT_BYTES);
  return within.at(-1) ?? SMALLEST;
}

/** Padded tokens that keep a GPU busy; it is not measured, for the machine that packages may have none. */
const GPU_BUDGET = 16_384;

/** The budget of a model that gives `values` float32 values a token, on a GPU. */
export function gpuBudget(values: number): number {
  const bounded = Math.floor(MAXIMUM_OUTPUT_BYTES / (4 * values));
  return Math.max(SMALLEST, Math.min(GPU_BUDGET, bounded));
}

/** The smallest of the candidates this close to the fastest wins, because it needs less memory and answers sooner. */
const INDIFFERENCE = 0.03;

/** Candidates below this share of the fastest are not measured again. */
const HOPELESS = 0.85;

const TEXTS = 128;
const ROUNDS = 6;
const TIME_BUDGET_MS = 8_000;

/** A model so large that one round would take more than the time for all of them is measured on one text of so many. */
const FEWER = 4;

export interface TuneResult {
  readonly tokenBudget: number;
  /** Milliseconds of a token, special tokens included and padding not, at that budget in its best round. */
  readonly msPerToken: number;
  /** Texts per second of each candidate, in its best round: what else runs on the machine only takes away. */
  readonly textsPerSecond: Readonly<Record<number, number>>;
}

/**
 * Measures texts of mixed length in rounds over the candidates, so that a slow moment of the machine does not hit
 * one alone. `predictor` has the largest budget to try: batches are cut here.
 */
export async function tuneTokenBudget(
  predictor: Predictor,
  report: (done: number) => void = () => {},
): Promise<TuneResult> {
  const all = mixedLengths(TEXTS, Math.min(predictor.manifest.textProcessing.maxTokens, 256));
  const few = all.filter((_, index) => index % FEWER === 0);
  const rates: Record<number, number> = {};
  const warming = performance.now();
  const tokensOfFew = await countTokens(predictor, few);
  const isSlow = FEWER * CANDIDATES.length * (performance.now() - warming) > TIME_BUDGET_MS;
  const requests = isSlow ? few : all;
  const tokens = isSlow ? tokensOfFew : await countTokens(predictor, all);
  const start = performance.now();
  let candidates: readonly number[] = CANDIDATES.filter((budget) => budget <= predictor.variant.tokenBudget);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, budget] of candidates.entries()) {
      rates[budget] = Math.max(rates[budget] ?? 0, await textsPerSecond(predictor, requests, budget));
      report((round + (index + 1) / candidates.length) / ROUNDS);
    }
    const best = Math.max(...Object.values(rates));
    candidates = candidates.filter((budget) => (rates[budget] ?? 0) >= HOPELESS * best);
    if (performance.now() - start > TIME_BUDGET_MS) break;
  }
  const tokenBudget = chooseBudget(rates);
  return {
    tokenBudget,
    textsPerSecond: rates,
    msPerToken: msPerToken(rates[tokenBudget] ?? 0, tokens / requests.length),
  };
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

/** The smallest budget whose rate is within 3 % of the best. */
export function chooseBudget(rates: Readonly<Record<number, number>>): number {
  const best = Math.max(...Object.values(rates));
  const good = Object.entries(rates).filter(([, rate]) => rate >= (1 - INDIFFERENCE) * best);
  return Math.min(...good.map(([budget]) => Number(budget)));
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
