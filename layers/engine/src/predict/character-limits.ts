/** Bounds how much one call may make the tokenizer read. Texts are tokenised whole, and only then is it known which are too long. */

import { EngineError } from '@pilotlight/model-format/errors';
import type { TokenLimits } from '../batching/token-limits.ts';
import type { TokenRequest } from '../ports.ts';

/** Characters for each token of an input: nearly twice as many as a token of English has. A text that has more is cut, or is mostly blanks. */
const CHARACTERS_OF_INPUT = 8;
/** Characters for each token of a call: more, because texts of a call may be cut, but less than a text that is read again for each of many labels. */
const CHARACTERS_OF_CALL = 16;

/**
 * Refuses texts that are far above the limits of tokens by their characters alone. `inputOf` has the index of the input that
 * each request is for.
 *
 * @throws EngineError INPUT_TOO_LONG or TOO_MANY_TOKENS, with both numbers.
 */
export function refuseMoreCharacters(
  requests: readonly TokenRequest[],
  { maxInputTokens = Number.POSITIVE_INFINITY, maxCallTokens = Number.POSITIVE_INFINITY }: TokenLimits,
  inputOf: readonly number[] = [],
): void {
  const [ofInput, ofCall] = [maxInputTokens * CHARACTERS_OF_INPUT, maxCallTokens * CHARACTERS_OF_CALL];
  let total = 0;
  for (const [request, { text, pair = '' }] of requests.entries()) {
    const index = inputOf[request] ?? request;
    const characters = text.length + pair.length;
    if (characters > ofInput) {
      throw new EngineError(
        'INPUT_TOO_LONG',
        `Input ${index} has ${characters} characters; this service takes at most ${ofInput} of one input. Shorten it, or send it in parts.`,
        { details: { field: 'inputs', index, characters, maxCharacters: ofInput } },
      );
    }
    total += characters;
  }
  if (total <= ofCall) return;
  throw new EngineError(
    'TOO_MANY_TOKENS',
    `The model would read ${total} characters in one call; at most ${ofCall} are taken. Send fewer inputs or labels, or shorter ones.`,
    { details: { field: 'inputs', characters: total, maxCharacters: ofCall } },
  );
}
