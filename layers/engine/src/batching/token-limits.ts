/** Bounds how much one call may make a model read. It is known once the texts are tokens, and checked before a batch runs. */

import type { Variant } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';

export interface TokenLimits {
  /** Tokens of one request, all its windows together. @default - any number */
  readonly maxInputTokens?: number;
  /** Tokens of all requests together. @default - any number */
  readonly maxCallTokens?: number;
  /** Bytes of the answer as JSON, about. @default - any number */
  readonly maxAnswerBytes?: number;
  /** Milliseconds of inference, estimated from the tokens and what one cost when the model was packaged. @default - any number */
  readonly maxInferMs?: number;
}

/**
 * Refuses a call that has more tokens than its limits allow. `counts` has the tokens of each request, all its windows together;
 * `inputOf` has the index of the input that each request is for. Errors name `field`.
 *
 * @throws EngineError INPUT_TOO_LONG or TOO_MANY_TOKENS, with both numbers.
 */
export function refuseMoreTokens(
  counts: readonly number[],
  { maxInputTokens = Number.POSITIVE_INFINITY, maxCallTokens = Number.POSITIVE_INFINITY }: TokenLimits,
  {
    field = 'inputs',
    inputOf,
  }: { readonly field?: string; readonly inputOf?: readonly number[] | undefined } = {},
): void {
  let total = 0;
  for (const [request, tokens] of counts.entries()) {
    const index = inputOf?.[request] ?? request;
    if (tokens > maxInputTokens) throw longInput({ index, tokens, maxTokens: maxInputTokens }, { field });
    total += tokens;
  }
  if (total <= maxCallTokens) return;
  throw new EngineError(
    'TOO_MANY_TOKENS',
    `${total} tokens in one call; at most ${maxCallTokens} are taken. Send fewer ${field}, or shorter ones.`,
    { details: { field, tokens: total, maxTokens: maxCallTokens } },
  );
}

/** Makes the EngineError INPUT_TOO_LONG of an input that is longer than the service takes. */
export function longInput(
  {
    index,
    tokens,
    maxTokens,
  }: { readonly index: number; readonly tokens: number; readonly maxTokens: number },
  { field = 'inputs', orMore = false }: { readonly field?: string; readonly orMore?: boolean } = {},
): EngineError {
  return new EngineError(
    'INPUT_TOO_LONG',
    `Input ${index} has ${tokens} tokens${orMore ? ' or more' : ''}; this service takes at most ${maxTokens} of one input. Shorten it.`,
    { details: { field, index, tokens, maxTokens } },
  );
}

/** Tokens of a call, for each that the model may read of it, that may be made to be cut off. */
const MOST_CUT = 4;
/** How many times as many they may be after all, where the estimate found too few. */
const WRONG_BY = 2;

/** How far an estimate has to be above the limit of tokens that a model reads: those below it are counted. */
const CERTAINLY = 1.25;

/**
 * Refuses a call whose texts have, by an estimate, more tokens than the model may read of them, or many more where they are cut: to
 * count them, or to cut them off, the tokenizer would make them.
 *
 * @throws EngineError TOO_MANY_TOKENS, with both numbers.
 */
export function refuseEstimate(
  estimated: number,
  { maxCallTokens = Number.POSITIVE_INFINITY }: TokenLimits,
  { areCut }: { readonly areCut: boolean },
): void {
  const found = `about ${estimated} tokens`;
  const maxTokens = MOST_CUT * maxCallTokens;
  if (estimated > maxTokens) throw tooManyToCut(found, estimated, maxTokens);
  if (areCut || estimated <= CERTAINLY * maxCallTokens) return;
  throw new EngineError(
    'TOO_MANY_TOKENS',
    `The texts of one call have ${found}; at most ${maxCallTokens} are taken. Send fewer inputs, or shorter ones.`,
    { details: { field: 'inputs', tokens: estimated, maxTokens: maxCallTokens } },
  );
}

/** Ends a call of which more tokens were made than any estimate explains. @throws EngineError TOO_MANY_TOKENS, with both numbers. */
export function refuseMoreToCut(
  tokens: number,
  { maxCallTokens = Number.POSITIVE_INFINITY }: TokenLimits,
): void {
  const maxTokens = MOST_CUT * maxCallTokens;
  if (tokens > WRONG_BY * maxTokens) throw tooManyToCut(`${tokens} tokens or more`, tokens, maxTokens);
}

function tooManyToCut(found: string, tokens: number, maxTokens: number): EngineError {
  return new EngineError(
    'TOO_MANY_TOKENS',
    `The texts of one call have ${found}, those to be cut off among them; at most ${maxTokens} are taken. Send fewer inputs, or shorter ones.`,
    { details: { field: 'inputs', tokens, maxTokens } },
  );
}

/**
 * Refuses a call that would take too long. `tokens` counts those of all windows of the call, without padding. Where the variant
 * does not say what a token costs, the work is not known, and nothing is refused.
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

/** Estimates the whole milliseconds of inference; 0 where the variant does not say what a token costs. */
export function estimateMs(
  tokens: number,
  { inferMsPerToken = 0 }: Pick<Variant, 'inferMsPerToken'>,
): number {
  return Math.round(tokens * inferMsPerToken);
}

/** Makes the EngineError TOO_MUCH_WORK, for callers that decide by an estimate that a call is not to run. */
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
