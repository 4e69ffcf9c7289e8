/** What one call may make a model read. It is known once the texts are tokens, and checked before a batch runs. */

import type { Variant } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding } from '../ports.ts';

export interface TokenLimits {
  /** Tokens of one request, all its windows together. @default - any number */
  readonly maxInputTokens?: number;
  /** Tokens of all requests together. @default - any number */
  readonly maxCallTokens?: number;
  /** Milliseconds of inference, estimated from the tokens and what one cost when the model was packaged. @default - any number */
  readonly maxInferMs?: number;
}

/**
 * `encoded` has the windows of each request, `inputOf` the index of the input that each is for.
 *
 * @throws EngineError INPUT_TOO_LONG or TOO_MANY_TOKENS, with both numbers.
 */
export function refuseMoreTokens(
  encoded: readonly (readonly Encoding[])[],
  { maxInputTokens = Number.POSITIVE_INFINITY, maxCallTokens = Number.POSITIVE_INFINITY }: TokenLimits,
  inputOf?: readonly number[],
): void {
  let total = 0;
  for (const [request, windows] of encoded.entries()) {
    const index = inputOf?.[request] ?? request;
    const tokens = windows.reduce((sum, { ids }) => sum + ids.length, 0);
    if (tokens > maxInputTokens) {
      throw new EngineError(
        'INPUT_TOO_LONG',
        `Input ${index} has ${tokens} tokens; this service takes at most ${maxInputTokens} of one input. Shorten it.`,
        { details: { field: 'inputs', index, tokens, maxTokens: maxInputTokens } },
      );
    }
    total += tokens;
  }
  if (total <= maxCallTokens) return;
  throw new EngineError(
    'TOO_MANY_TOKENS',
    `${total} tokens in one call; at most ${maxCallTokens} are taken. Send fewer inputs, or shorter ones.`,
    { details: { field: 'inputs', tokens: total, maxTokens: maxCallTokens } },
  );
}

/**
 * `tokens` are those of all windows of a call, without padding. Where the variant does not say what one costs, nothing is
 * known of the work, and nothing is refused.
 *
 * @throws EngineError TOO_MUCH_WORK, with estimate and limit.
 */
export function refuseMoreWork(
  tokens: number,
  variant: Pick<Variant, 'inferMsPerToken'>,
  { maxInferMs = Number.POSITIVE_INFINITY }: TokenLimits,
): void {
  const estimatedMs = estimateMs(tokens, variant);
  if (estimatedMs > maxInferMs) throw tooMuchWork({ tokens, estimatedMs }, maxInferMs);
}

/** Whole milliseconds of inference; 0 where the variant does not say what a token costs. */
export function estimateMs(
  tokens: number,
  { inferMsPerToken = 0 }: Pick<Variant, 'inferMsPerToken'>,
): number {
  return Math.round(tokens * inferMsPerToken);
}

/** An EngineError TOO_MUCH_WORK, for whoever decides by an estimate that a call is not to run. */
export function tooMuchWork(
  { tokens, estimatedMs }: { readonly tokens: number; readonly estimatedMs: number },
  maxInferMs: number,
): EngineError {
  return new EngineError(
    'TOO_MUCH_WORK',
    `${tokens} tokens would take the model about ${estimatedMs} ms; calls of up to ${maxInferMs} ms are taken here. Send fewer inputs, or shorter ones.`,
    { details: { field: 'inputs', tokens, estimatedMs, maxInferMs } },
  );
}
