/** A tokenizer that is built from other files than tokenizer.json: what the model of a vocabulary needs around it. */
import { type AddedToken, addTokens, type Component, type TokenizerJson } from './tokenizer-json.ts';

/** The parts of a tokenizer that need no ids of special tokens, as tokenizer.json has them. */
export interface Draft {
  readonly model: TokenizerJson['model'];
  readonly normalizer: Component | null;
  readonly pre_tokenizer: Component | null;
  readonly decoder: Component;
  /** Tokens that the vocabulary itself marks: the symbols of SentencePiece. */
  readonly symbols?: readonly AddedToken[];
}

/** A tokenizer.json without post-processor. */
export function assembleTokenizer({ symbols = [], ...parts }: Draft): TokenizerJson {
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    post_processor: null,
  };
  return addTokens({ ...tokenizer, ...parts }, symbols);
}
