/** Turns texts into tokens and back, without the model: clients count tokens, cut texts and look at them. */
import { EngineError } from '@pilotlight/model-format/errors';
import { encodeInGroups } from '../batching/encode-requests.ts';
import { refuseMoreTokens, type TokenLimits } from '../batching/token-limits.ts';
import type { Alignment, Encoding, TaskContext, Tokenizer, TokenRequest } from '../ports.ts';

/** The tokens of one text, or of a pair; every list is `[tokens]`. */
export interface Tokenization
  extends Pick<Alignment, 'tokens' | 'spans' | 'specialTokensMask' | 'sequenceIds'> {
  readonly ids: readonly number[];
}

const WHOLE = { maxTokens: Number.MAX_SAFE_INTEGER, alignment: true };

export interface TokenizeOptions {
  /** Whether the tokens that the model needs around a text ([CLS], [SEP]) are there. @default true */
  readonly addSpecialTokens?: boolean;
  /** How many tokens the call may have. @default - any number */
  readonly limits?: Pick<TokenLimits, 'maxCallTokens'>;
}

/**
 * Splits each request into tokens. None is cut, however long it is; spans are in UTF-16 code units.
 *
 * @throws EngineError TOO_MANY_TOKENS as soon as there are more than the limits allow
 */
export async function tokenize(
  tokenizer: Tokenizer,
  requests: readonly TokenRequest[],
  { addSpecialTokens = true, limits = {} }: TokenizeOptions = {},
): Promise<Tokenization[]> {
  const encoded: (readonly Encoding[])[] = [];
  let total = 0;
  await encodeInGroups(tokenizer, requests, WHOLE, {
    limits,
    most: () => Number.POSITIVE_INFINITY,
    take: (windows) => {
      encoded.push(windows);
      total += windows[0]?.ids.length ?? 0;
      refuseMoreTokens([total], limits);
    },
  });
  return encoded.map(([encoding]) => {
    const { tokens = [], spans = [], specialTokensMask = [], sequenceIds = [] } = encoding?.alignment ?? {};
    const { ids = [] } = encoding ?? {};
    if (addSpecialTokens) return { ids, tokens, spans, specialTokensMask, sequenceIds };
    const own = <T>(values: readonly T[]): T[] => values.filter((_, i) => specialTokensMask[i] !== 1);
    return {
      ids: own(ids),
      tokens: own(tokens),
      spans: own(spans),
      specialTokensMask: own(specialTokensMask),
      sequenceIds: own(sequenceIds),
    };
  });
}

export interface DecodeOptions {
  /** Leaves out the tokens that are not of a text ([CLS], [SEP], [PAD]). @default false */
  readonly skipSpecialTokens?: boolean;
}

/**
 * Puts together the text of each list of ids, as the tokenizer does it.
 *
 * @throws EngineError INVALID_INPUT with `field`, for an id that the vocabulary does not have
 */
export function decode(
  tokenizer: Tokenizer,
  lists: readonly (readonly number[])[],
  options: DecodeOptions = {},
): Promise<string[]> {
  for (const [index, ids] of lists.entries()) {
    const unknown = ids.findIndex((id) => !Number.isInteger(id) || tokenizer.idToToken(id) === undefined);
    if (unknown < 0) continue;
    const field = `ids[${index}][${unknown}]`;
    throw new EngineError('INVALID_INPUT', `${field}: the model has no token ${ids[unknown]}.`, {
      details: { field },
    });
  }
  return Promise.all(lists.map((ids) => tokenizer.decode(ids, options)));
}

/** Shows a task the part of a tokenizer that it may see. */
export function exposeVocabulary(tokenizer: Tokenizer): TaskContext['vocabulary'] {
  return {
    tokenToId: (token) => tokenizer.tokenToId(token),
    idToToken: (id) => tokenizer.idToToken(id),
    decode: (ids, options) => tokenizer.decode(ids, options),
    textsToIds: async (texts) => {
      const requests = texts.map((text) => ({ text }));
      const tokenized = await tokenize(tokenizer, requests, { addSpecialTokens: false });
      return tokenized.map(({ ids }) => ids);
    },
  };
}
