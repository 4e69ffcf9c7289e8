/** The token budget: how many padded tokens one run of the session gets, measured on this machine. */
import type { Predictor, TokenRequest } from '@pilotlight/engine';

/** A predictor whose budget is tuned is loaded with this one. */
export const LARGEST_BUDGET = 8192;

/** Padded tokens of one batch; from where dispatch dominates to where activations leave the cache. */
const CANDIDATES = [256, 512, 1024, 2048, 4096, LARGEST_BUDGET] as const;

/** Of candidates this close to the fastest the smallest wins: it needs less memory and answers sooner. */
const INDIFFERENCE = 0.03;

const TEXTS = 192;
const MAXIMUM_ROUNDS = 5;
const TIME_BUDGET_MS = 15_000;

export interface TuneResult {
  readonly tokenBudget: number;
  /** Texts per second of each candidate, median over the rounds. */
  readonly textsPerSecond: Readonly<Record<number, number>>;
}

/**
 * Measures texts of mixed length in rounds over all candidates, so that a slow moment of the machine hits each of
 * them. `predictor` must have a token budget of at least the largest candidate: batches are cut here.
 */
export async function tuneTokenBudget(
  predictor: Predictor,
  report: (done: number) => void = () => {},
): Promise<TuneResult> {
  const { maxTokens } = predictor.manifest.textProcessing;
  const requests = mixedLengths(TEXTS, Math.min(maxTokens, 256));
  const measured = new Map<number, number[]>(CANDIDATES.map((budget) => [budget, []]));
  await predictor.infer(requests.slice(0, 16), { truncate: true });
  const start = performance.now();
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    for (const [index, [budget, rates]] of [...measured].entries()) {
      const batches = batchesOf(requests, budget);
      const begun = performance.now();
      for (const batch of batches) await predictor.infer(batch, { truncate: true });
      rates.push((1_000 * requests.length) / (performance.now() - begun));
      report((round + (index + 1) / measured.size) / MAXIMUM_ROUNDS);
    }
    if (round > 0 && performance.now() - start > TIME_BUDGET_MS) break;
  }
  const textsPerSecond = Object.fromEntries([...measured].map(([budget, rates]) => [budget, median(rates)]));
  return { tokenBudget: chooseBudget(textsPerSecond), textsPerSecond };
}

/** The smallest budget whose rate is within 3 % of the best. */
export function chooseBudget(textsPerSecond: Readonly<Record<number, number>>): number {
  const best = Math.max(...Object.values(textsPerSecond));
  const good = Object.entries(textsPerSecond).filter(([, rate]) => rate >= (1 - INDIFFERENCE) * best);
  return Math.min(...good.map(([budget]) => Number(budget)));
}

/** Texts of 4 to `longest` words, most of them short, as requests are; longest first. */
function mixedLengths(
  count: number,
  longest: number,
): readonly (TokenRequest & { readonly words: number })[] {
  return Array.from({ length: count }, (_, index) => {
    const share = 1 - index / count;
    const words = Math.max(4, Math.round(longest * share ** 3));
    return {
      text: Array.from({ length: words }, (_word, at) => 'a word or two'.split(' ')[at % 4]).join(' '),
      words,
    };
  });
}

function batchesOf(requests: ReturnType<typeof mixedLengths>, budget: number): TokenRequest[][] {
  const batches: TokenRequest[][] = [];
  let longest = 0;
  for (const request of requests) {
    const batch = batches.at(-1);
    if (batch !== undefined && (batch.length + 1) * longest <= budget) batch.push(request);
    else {
      longest = request.words + 2;
      batches.push([request]);
    }
  }
  return batches;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
