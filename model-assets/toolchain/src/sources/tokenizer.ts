/** tokenizer.json: checked against the model that it belongs to. */
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';
import type { HuggingFaceConfig } from './hugging-face.ts';
import { listOf, recordOf } from './json.ts';
import type { TokenizerSource } from './source.ts';

const id = z.int().nonnegative();

const tokenizerSchema = z.looseObject({
  added_tokens: listOf(z.looseObject({ id, content: z.string() })).default([]),
  model: z.looseObject({
    /** Token to id; a Unigram model lists [token, score] in the order of ids. */
    vocab: z.union([recordOf(id), listOf(z.tuple([z.string(), z.number()]))]),
  }),
});

const specialToken = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().positive().refine(Number.isInteger, 'must be a whole number').nullish(),
  pad_token: specialToken,
  mask_token: specialToken,
});

const specialTokensSchema = z.looseObject({ pad_token: specialToken, mask_token: specialToken });

/** sentence-transformers: the length that it cuts texts to, which may be less than the model takes. */
const sentenceBertSchema = z.looseObject({ max_seq_length: z.int().positive().nullish() });

/** Spellings of the mask, for tokenizers where no file says which token it is. */
const MASKS = ['[MASK]', '<mask>'] as const;

/**
 * Reads tokenizer.json, and what tokenizer_config.json, special_tokens_map.json and sentence_bert_config.json say of
 * it. `positions` and `rows` are the sizes of the position and word
 * embedding tables, where they are known. Throws SOURCE_INVALID when there is no tokenizer.json, when it gives ids
 * that the model has no row for, or when nothing says how long a sequence may be.
 */
export function readTokenizer(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  { positions, rows }: { readonly positions: number | undefined; readonly rows: number | undefined },
): TokenizerSource {
  const tokenizer = folder.json('tokenizer.json', tokenizerSchema);
  if (!tokenizer) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      'The folder has no tokenizer.json. Write one with AutoTokenizer.from_pretrained(...).save_pretrained(...) of transformers.',
    );
  }
  const settings = folder.json('tokenizer_config.json', tokenizerConfigSchema) ?? {};
  const special = folder.json('special_tokens_map.json', specialTokensSchema) ?? {};
  const { max_seq_length } = folder.json('sentence_bert_config.json', sentenceBertSchema) ?? {};
  const ids = tokenIds(tokenizer);
  const lastId = [...ids.values()].reduce((highest, tokenId) => Math.max(highest, tokenId), -1);
  if (rows !== undefined && lastId >= rows) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `tokenizer.json has token ids up to ${lastId}, but the model knows ids below ${rows}: it is the tokenizer of another model.`,
    );
  }
  const padding = tokenContent(settings.pad_token) ?? tokenContent(special.pad_token) ?? '';
  const masks = [tokenContent(settings.mask_token), tokenContent(special.mask_token), ...MASKS];
  const maskToken = masks.find((token) => token !== undefined && ids.has(token));
  return {
    path: folder.use('tokenizer.json'),
    vocabSize: ids.size,
    padTokenId: ids.get(padding) ?? config.pad_token_id ?? 0,
    maxTokens: maxTokens([positions, settings.model_max_length, max_seq_length]),
    ...(maskToken !== undefined && { maskToken }),
  };
}

function tokenIds({ model, added_tokens }: z.infer<typeof tokenizerSchema>): Map<string, number> {
  const vocabulary = Array.isArray(model.vocab)
    ? model.vocab.map(([token], index) => [token, index] as const)
    : Object.entries(model.vocab);
  return new Map([...vocabulary, ...added_tokens.map((token) => [token.content, token.id] as const)]);
}

function tokenContent(token: z.infer<typeof specialToken>): string | undefined {
  return (typeof token === 'string' ? token : token?.content) ?? undefined;
}

/** A tokenizer without a limit says 1e30: then only the position embeddings count. */
function maxTokens(known: readonly (number | null | undefined)[]): number {
  const limits = known.filter((limit) => limit !== undefined && limit !== null);
  const limit = Math.min(...limits, 1e9);
  if (limit < 1e9) return limit;
  throw new ToolchainError(
    'SOURCE_INVALID',
    'Nothing says how long a sequence may be: set model_max_length in tokenizer_config.json.',
  );
}
