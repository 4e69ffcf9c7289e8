import * as z from 'zod/mini';
import { define } from '../registry.ts';
import { idRows, type TokenIndexer } from './indexer.ts';

/** Characters of a word in ELMo: 48 bytes at most between the marks of its ends. */
const LENGTH = 50;
const SENTENCE_BEGIN = 256;
const SENTENCE_END = 257;
const WORD_BEGIN = 258;
const WORD_END = 259;
const PADDING = 260;

/** The bytes of each word as ELMo's character encoder takes them: `[words, 50]`, every id plus 1, so that 0 masks. */
export const elmoCharacters = define({
  type: 'elmo_characters',
  schema: z.strictObject({
    namespace: z.optional(z.string()),
    tokens_to_add: z.nullish(z.record(z.string(), z.int())),
    token_min_padding_length: z._default(z.int(), 0),
  }),
  open: ({ tokens_to_add, token_min_padding_length: least }): TokenIndexer => {
    const added = new Map(Object.entries(tokens_to_add ?? {}));
    return {
      index: async (tokens) => {
        const rows = tokens.map(({ text }) => toRow(inner(text, added)));
        return { elmo_tokens: { ...idRows(rows, LENGTH), least: [least, LENGTH] } };
      },
    };
  },
});

function inner(word: string, added: ReadonlyMap<string, number>): readonly number[] {
  const own = added.get(word);
  if (own !== undefined) return [own];
  if (word === '<S>') return [SENTENCE_BEGIN];
  if (word === '</S>') return [SENTENCE_END];
  return [...Buffer.from(withoutHalves(word), 'utf8').subarray(0, LENGTH - 2)];
}

function toRow(characters: readonly number[]): number[] {
  const row = [WORD_BEGIN, ...characters, WORD_END];
  return [...row, ...new Array<number>(LENGTH - row.length).fill(PADDING)].map((id) => id + 1);
}

/** Halves of surrogate pairs have no bytes, and are left out. */
function withoutHalves(word: string): string {
  return word.isWellFormed() ? word : word.replace(/\p{Surrogate}/gu, '');
}
