/**
 * Compares what a model generated with what it should have. Another processor, or another number format, may choose another token where two are
 * as likely, and goes its own way from there. So the log probabilities of the tokens count, up to and with the first one that differs; of
 * beams the score of the best sequence.
 */
import type { Generation } from '../../../predict/generation.ts';

/** What was expected: the best sequence, without the prompt. */
export interface ExpectedGeneration {
  readonly promptTokens: number;
  readonly ids: readonly number[];
  /** Of each id; of beams none. */
  readonly logprobs: readonly number[];
  readonly score: number;
}

export interface GenerationComparison {
  /** Largest difference of a log probability, or of the score. */
  readonly largest: number;
  /** Tokens that are equal, up to the first that differs. */
  readonly same: number;
  /** What differs otherwise. @default - nothing does */
  readonly problem?: string;
}

export function compareGeneration(
  { promptTokens, ids, logprobs, score }: ExpectedGeneration,
  { promptTokens: read, sequences: [best] }: Generation,
): GenerationComparison {
  const found = best.tokens.map(({ id }) => id);
  const differs = ids.findIndex((id, place) => id !== found[place]);
  const same = differs < 0 ? ids.length : differs;
  const comparison = { largest: 0, same };
  if (read !== promptTokens)
    return { ...comparison, problem: `its input is ${read} tokens instead of ${promptTokens}` };
  if (same === Math.min(ids.length, found.length) && ids.length !== found.length)
    return { ...comparison, problem: `it generates ${found.length} tokens instead of ${ids.length}` };
  const differences =
    logprobs.length > 0
      ? best.tokens
          .slice(0, same + 1)
          .map(({ logprob }, place) => Math.abs(logprob - (logprobs[place] ?? Number.NaN)))
      : [Math.abs(best.score - score)];
  const largest = Math.max(0, ...differences);
  if (Number.isNaN(largest)) return { ...comparison, problem: 'its scores are no numbers' };
  return { largest, same };
}
