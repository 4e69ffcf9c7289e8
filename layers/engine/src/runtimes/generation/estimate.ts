/** How much work a call is, before it is done. */
import type { GenerationVariant } from '@pilotlight/model-format';
import type { TokenRequest } from './loop/decoder-port.ts';

/**
 * The part of a step that each further sequence adds to it: a step of 8 takes 2.2 to 2.7 times as long as one of a single sequence,
 * measured on GPT-2 and T5-small in int8.
 */
const STEP_SHARE = 0.2;

/** Tokens that the model reads and may generate at most. */
export function countTokens(requests: readonly TokenRequest[]): number {
  return requests.reduce(
    (sum, request) => sum + readTokens(request) + sequences(request) * request.options.maxNewTokens,
    0,
  );
}

/** Milliseconds of the call alone, if no text ends early; 0 where the package does not say what a token takes. */
export function estimateMs(
  requests: readonly TokenRequest[],
  { speed }: Pick<GenerationVariant, 'speed'>,
): number {
  if (!speed) return 0;
  const promptMs = requests.reduce((sum, request) => sum + readTokens(request), 0) * speed.promptMsPerToken;
  const steps = Math.max(0, ...requests.map(({ options }) => options.maxNewTokens));
  const together = requests.reduce(
    (sum, request) => sum + sequences(request) * (request.options.maxNewTokens / Math.max(1, steps)),
    0,
  );
  return Math.round(promptMs + steps * speed.stepMs * (1 + STEP_SHARE * Math.max(0, together - 1)));
}

/** Tokens that the model reads of an input, before the first that it generates. */
export function readTokens({ input, start = [] }: TokenRequest): number {
  return input.length + start.length;
}

function sequences({ options }: TokenRequest): number {
  return Math.max(options.numBeams, options.numReturnSequences);
}
