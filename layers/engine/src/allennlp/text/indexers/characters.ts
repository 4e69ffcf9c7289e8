import * as z from 'zod/mini';
import { define, type Place } from '../registry.ts';
import type { Token } from '../token.ts';
import { characterSchema, splitCharacters } from '../tokenizers/character.ts';
import { idRows, type TokenIndexer } from './indexer.ts';

const schema = z.strictObject({
  namespace: z._default(z.string(), 'token_characters'),
  character_tokenizer: z.nullish(z.extend(characterSchema, { type: z.optional(z.literal('character')) })),
  start_tokens: z.nullish(z.array(z.string())),
  end_tokens: z.nullish(z.array(z.string())),
  /** The least number of characters that every word is padded to. */
  min_padding_length: z._default(z.int(), 0),
  token_min_padding_length: z._default(z.int(), 0),
});
type Options = z.infer<typeof schema>;

/** The ids of the characters of each token: `[tokens, characters]`. */
export const characters = define({ type: 'characters', schema, open: openCharacters });

function openCharacters(options: Options, { archive }: Place): TokenIndexer {
  const split = splitCharacters(options.character_tokenizer ?? { lowercase_characters: false });
  const start = (options.start_tokens ?? []).map((text) => ({ text }));
  const end = (options.end_tokens ?? []).map((text) => ({ text }));
  const { min_padding_length: least, token_min_padding_length: leastTokens, namespace } = options;
  const toId = ({ text, textId }: Token) => textId ?? archive.vocabulary.id(text, namespace);
  return {
    index: async (tokens) => {
      const rows = [...start, ...tokens, ...end].map(({ text }) => split(text).map(toId));
      return { token_characters: { ...idRows(rows, least), least: [leastTokens, least] } };
    },
  };
}
