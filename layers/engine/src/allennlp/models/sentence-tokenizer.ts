/** The tokenizer of predictors that split a sentence themselves, which is spaCy's in AllenNLP. */
import type { TextArchive } from '../text/text-archive.ts';
import type { Token } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { readSentenceInput, type SentenceInput } from './predictor-input.ts';

export interface SentenceTokens {
  readonly tokens: readonly Token[];
  /** The key of the input that they came from. */
  readonly key: SentenceInput['key'];
}

export interface SentenceTokenizer {
  /** Splits a sentence; words that were given stay as they are. @throws EngineError INVALID_INPUT */
  tokenize(input: unknown, field: string): Promise<SentenceTokens>;
}

export function openSentenceTokenizer(archive: TextArchive): SentenceTokenizer {
  const tokenizer = openTokenizer({ type: 'spacy' }, { archive, path: 'predictor' });
  return {
    async tokenize(input, field) {
      const { key, tokens, sentence = '' } = readSentenceInput(input, field);
      return { key, tokens: tokens ?? (await tokenizer.tokenize(sentence)) };
    },
  };
}
