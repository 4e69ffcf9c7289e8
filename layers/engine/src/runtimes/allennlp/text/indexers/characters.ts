import * as z from 'zod/mini';
import { refuseMoreCharacters } from '../../limits/size-limits.ts';
import { define, type Place } from '../registry.ts';
import type { Token } from '../token.ts';
import { characterSchema, splitCharacters } from '../tokenizers/character.ts';
import { newIds } from './id-memory.ts';
import type { TokenIndexer } from './indexer.ts';

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

/** Words whose characters are remembered, because a text has the same ones again and again: some megabytes. */
const MOST_KNOWN = 10_000;
const LONGEST_KNOWN = 32;

/** The ids of the characters of each token: `[tokens, characters]`. */
export const characters = define({ type: 'characters', schema, open: openCharacters });

function openCharacters(options: Options, { archive }: Place): TokenIndexer {
  const split = splitCharacters(options.character_tokenizer ?? { lowercase_characters: false });
  const start = (options.start_tokens ?? []).map((text) => ({ text }));
  const end = (options.end_tokens ?? []).map((text) => ({ text }));
  const { min_padding_length: least, token_min_padding_length: leastTokens, namespace } = options;
  const toId = ({ text, textId }: Token) => BigInt(textId ?? archive.vocabulary.id(text, namespace));
  const known = new Map<string, BigInt64Array>();
  const rowOf = (text: string): BigInt64Array => {
    const row = known.get(text) ?? BigInt64Array.from(split(text), toId);
    if (known.size >= MOST_KNOWN) known.clear();
    if (text.length <= LONGEST_KNOWN) known.set(text, row);
    return row;
  };
  return {
    index: async (tokens) => {
      refuseMoreCharacters(tokens);
      const rows = [...start, ...tokens, ...end].map(({ text }) => rowOf(text));
      const width = rows.reduce((most, { length }) => Math.max(most, length), least);
      const data = newIds(rows.length * width);
      let at = 0;
      for (const row of rows) {
        data.set(row, at);
        at += width;
      }
      const dims = [rows.length, width];
      return { token_characters: { dims, data, least: [leastTokens, least] } };
    },
  };
}
