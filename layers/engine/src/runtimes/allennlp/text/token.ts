/** A token of AllenNLP. Offsets count code points, as Python does. */
export interface Token {
  /** Empty where the token is a byte, which only `textId` tells. */
  readonly text: string;
  readonly idx?: number | undefined;
  readonly idxEnd?: number | undefined;
  readonly lemma?: string | undefined;
  /** The universal part of speech: `NOUN`. */
  readonly pos?: string | undefined;
  /** The part of speech of the language: `NNS`. */
  readonly tag?: string | undefined;
  readonly dep?: string | undefined;
  readonly entType?: string | undefined;
  /** The id that the tokenizer gives, which goes before that of a vocabulary. */
  readonly textId?: number | undefined;
  readonly typeId?: number | undefined;
  /** Whether it is a word by rules where spaCy would have given a part of speech, too. @default false */
  readonly lacksTags?: boolean | undefined;
}

/** The texts of tokens. */
export function wordsOf(tokens: readonly Token[]): string[] {
  return tokens.map(({ text }) => text);
}
