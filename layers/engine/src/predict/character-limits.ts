/** Bounds how much one call may make the tokenizer read. Texts are tokenised whole, and only then is it known which are too long. */

import { EngineError } from '@pilotlight/model-format/errors';
import type { TokenLimits } from '../batching/token-limits.ts';
import type { InputPart, TokenRequest } from '../ports.ts';

/** Characters for each token of an input: nearly twice as many as a token of English has. A text that has more is cut, or is mostly blanks. */
const CHARACTERS_OF_INPUT = 8;
/**
 * Characters for each token of a call: more, because texts of a call may be cut, but less than a text that is read again for
 * each of many labels. A request counts as many at least, because it has a token.
 */
const CHARACTERS_OF_CALL = 16;

/** Counts the characters of a call while its requests are made, so that no more of them are made than the limits allow. */
export class CharacterCount {
  readonly #ofInput: number;
  readonly #ofCall: number;
  #total = 0;

  constructor({
    maxInputTokens = Number.POSITIVE_INFINITY,
    maxCallTokens = Number.POSITIVE_INFINITY,
  }: TokenLimits) {
    this.#ofInput = maxInputTokens * CHARACTERS_OF_INPUT;
    this.#ofCall = maxCallTokens * CHARACTERS_OF_CALL;
  }

  /** Adds a request for the input at `index`. @throws EngineError INPUT_TOO_LONG or TOO_MANY_TOKENS, with both numbers. */
  add({ text, pair = '', part }: TokenRequest, index: number): void {
    this.addCharacters(text.length + pair.length, index, part);
  }

  /** Adds so many characters of the input at `index`. @throws EngineError as `add` does */
  addCharacters(characters: number, index: number, part?: InputPart): void {
    if (characters > this.#ofInput) {
      throw new EngineError(
        'INPUT_TOO_LONG',
        `Input ${index} has ${characters} characters; this service takes at most ${this.#ofInput} of one input. Shorten it, or send it in parts.`,
        {
          details: {
            ...{ field: 'inputs', index, characters, maxCharacters: this.#ofInput },
            ...(part?.item !== undefined && { item: part.item }),
          },
        },
      );
    }
    this.#total += Math.max(characters, CHARACTERS_OF_CALL);
    if (this.#total <= this.#ofCall) return;
    throw new EngineError(
      'TOO_MANY_TOKENS',
      `The model would read ${this.#total} characters or more in one call; at most ${this.#ofCall} are taken, and a text counts as ${CHARACTERS_OF_CALL} at least. Send fewer inputs or labels, or shorter ones.`,
      { details: { field: 'inputs', characters: this.#total, maxCharacters: this.#ofCall } },
    );
  }
}

/** Refuses texts that are far above the limits of tokens by their characters alone. @throws EngineError as `CharacterCount` does */
export function refuseMoreCharacters(requests: readonly TokenRequest[], limits: TokenLimits): void {
  const count = new CharacterCount(limits);
  for (const [index, request] of requests.entries()) count.add(request, index);
}
