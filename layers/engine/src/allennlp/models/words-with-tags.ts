/** The words of predictors that need parts of speech, which spaCy gives in AllenNLP. */
import type { TextArchive } from '../text/text-archive.ts';
import type { Token } from '../text/token.ts';
import { invalidInput } from './predictor-input.ts';
import { openSentenceTokenizer, type SentenceTokens } from './sentence-tokenizer.ts';

export interface TaggedTokenizer {
  /** Gives words of which each has the part of speech. @throws EngineError INVALID_INPUT where one has none */
  tokenize(input: unknown, field: string): Promise<SentenceTokens>;
}

/** `feature` is `pos` for the universal part of speech, `tag` for that of the language. */
export function openTaggedTokenizer(archive: TextArchive, feature: 'pos' | 'tag'): TaggedTokenizer {
  const tokenizer = openSentenceTokenizer(archive);
  return {
    async tokenize(input, field) {
      const found = await tokenizer.tokenize(input, field);
      const place = found.tokens.findIndex((token) => token[feature] === undefined);
      if (place < 0) return found;
      throw found.key === 'tokens'
        ? invalidInput(`${field}.tokens.${place}`, `has no ${feature}, which the model needs`)
        : invalidInput(
            `${field}.sentence`,
            `the model needs parts of speech, which nothing here finds: send {"tokens": [{"text": "...", "${feature}": "..."}]} in place of it`,
          );
    },
  };
}

/** The parts of speech of words that have them. */
export function featuresOf(tokens: readonly Token[], feature: 'pos' | 'tag'): string[] {
  return tokens.map((token) => token[feature] ?? '');
}
