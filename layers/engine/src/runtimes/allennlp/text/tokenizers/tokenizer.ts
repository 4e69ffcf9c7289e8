import type { Token } from '../token.ts';

export interface Tokenizer {
  /** Its registrable name. */
  readonly type: string;
  tokenize(text: string): Promise<Token[]>;
  /** Takes words that a client divided for itself. @default - the tokenizer reads whole texts only */
  readonly fromWords?: (words: readonly Token[]) => Token[];
  /** Puts the special tokens of a hub model around a text or a pair; tokenizers without such tokens put them behind one another. */
  addSpecialTokens(first: readonly Token[], second?: readonly Token[]): Promise<Token[]>;
}

/** A tokenizer that knows no special tokens. */
export function plainTokenizer(type: string, tokenize: (text: string) => Token[]): Tokenizer {
  return {
    type,
    tokenize: async (text) => tokenize(text),
    addSpecialTokens: async (first, second = []) => [...first, ...second],
  };
}
