/** The tokenizer of a folder: made of its files, and checked against the model that it belongs to. */
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';
import type { HuggingFaceConfig } from './hugging-face.ts';
import type { TokenizerSource } from './source.ts';
import { composeTokenizer } from './tokenizer/compose.ts';
import { contentOf, readSettings } from './tokenizer/settings.ts';
import { countTokens, listTokenIds } from './tokenizer/tokenizer-json.ts';

/** Spellings of the mask, for tokenizers where no file says which token it is. */
const MASKS = ['[MASK]', '<mask>'] as const;

/**
 * Reads tokenizer.json and all files beside it that change token ids, or builds it from the vocabulary of its class. `positions` and
 * `rows` are the sizes of the position and word embedding tables, where they are known. Throws SOURCE_INVALID when no tokenizer can
 * be made, when it gives ids that the model has no row for, or when nothing says how long a sequence may be, and SOURCE_UNSUPPORTED
 * for settings that cannot be served.
 */
export function readTokenizer(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  { positions, rows }: { readonly positions: number | undefined; readonly rows: number | undefined },
): TokenizerSource {
  const files = readSettings(folder, config);
  const { settings, specialTokens, sentence } = files;
  const { tokenizer, json, named, notes } = composeTokenizer(folder, files, rows);
  const ids = listTokenIds(tokenizer);
  const lastId = [...ids.values()].reduce((highest, tokenId) => Math.max(highest, tokenId), -1);
  if (rows !== undefined && lastId >= rows) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `The tokenizer has token ids up to ${lastId}, but the model knows ids below ${rows}: it is the tokenizer of another model.`,
    );
  }
  const vocabSize = countTokens(tokenizer);
  const padding = contentOf(settings.pad_token) ?? contentOf(specialTokens.pad_token);
  const masks = [contentOf(settings.mask_token), contentOf(specialTokens.mask_token), ...MASKS];
  const maskToken = masks.find((token) => token !== undefined && ids.has(token));
  return {
    json,
    vocabSize,
    padTokenId:
      ids.get(padding ?? '') ?? config.pad_token_id ?? ids.get(contentOf(named.pad_token) ?? '') ?? 0,
    maxTokens: maxTokens([positions, settings.model_max_length, sentence.max_seq_length]),
    ...(maskToken !== undefined && { maskToken }),
    ...(settings.truncation_side === 'left' && { truncationSide: 'left' }),
    notes,
  };
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
