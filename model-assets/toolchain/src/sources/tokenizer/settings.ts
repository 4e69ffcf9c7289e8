/** The small files beside a vocabulary that say how a text becomes ids. */
import { z } from 'zod';
import type { SourceFolder } from '../folder.ts';
import type { HuggingFaceConfig } from '../hugging-face.ts';
import { listOf, recordOf } from '../json.ts';
import { type AddedToken, writtenToken } from './tokenizer-json.ts';

/** The names of special tokens, in the order in which transformers adds them. */
export const SPECIAL_TOKENS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;
export type SpecialTokenName = (typeof SPECIAL_TOKENS)[number];

export const isSpecialTokenName = (name: string): name is SpecialTokenName =>
  SPECIAL_TOKENS.some((known) => known === name);

/** A special token as files name it: its text, or its text with its properties. */
export type NamedToken = string | AddedToken;

const token = z.union([z.string(), writtenToken]);
const namedToken = token.nullish();
const moreTokens = z.union([listOf(token), recordOf(token)]).nullish();
const namedTokens = {
  bos_token: namedToken,
  eos_token: namedToken,
  unk_token: namedToken,
  sep_token: namedToken,
  pad_token: namedToken,
  cls_token: namedToken,
  mask_token: namedToken,
  additional_special_tokens: moreTokens,
  extra_special_tokens: moreTokens,
};

const flag = z.boolean().nullish();
const settingsSchema = z.looseObject({
  ...namedTokens,
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: recordOf(writtenToken)
    .refine((tokens) => Object.keys(tokens).every((id) => /^\d+$/.test(id)), 'must map ids to tokens')
    .nullish(),
  model_max_length: z.number().positive().refine(Number.isInteger, 'must be a whole number').nullish(),
  model_input_names: listOf(z.string()).nullish(),
  truncation_side: z.enum(['left', 'right']).nullish(),
  do_lower_case: flag,
  strip_accents: flag,
  tokenize_chinese_chars: flag,
  keep_accents: flag,
  split_by_punct: flag,
  add_prefix_space: flag,
  trim_offsets: flag,
  add_bos_token: flag,
  add_eos_token: flag,
  legacy: flag,
  extra_ids: z.int().min(0).max(10_000).nullish(),
  src_lang: z.string().nullish(),
  separate_vocabs: flag,
  clean_up_tokenization_spaces: flag,
});
export type TokenizerSettings = z.infer<typeof settingsSchema>;

const specialTokensSchema = z.looseObject(namedTokens);
const addedTokensSchema = recordOf(z.int().nonnegative());

/** sentence-transformers: the length that it cuts texts to, which may be less than the model takes, and its own lower case. */
const sentenceSchema = z.looseObject({ max_seq_length: z.int().positive().nullish(), do_lower_case: flag });

/** The first of these files is the one that sentence-transformers reads; the later names are of its early versions. */
const SENTENCE_FILES = ['bert', 'roberta', 'distilbert', 'camembert', 'albert', 'xlm-roberta', 'xlnet'].map(
  (family) => `sentence_${family}_config.json`,
);

/** Everything that the files beside a vocabulary say. */
export interface TokenizerFiles {
  readonly settings: TokenizerSettings;
  readonly specialTokens: z.infer<typeof specialTokensSchema>;
  readonly addedTokens: z.infer<typeof addedTokensSchema>;
  readonly sentence: z.infer<typeof sentenceSchema>;
  /** Name of the class that transformers reads the tokenizer with, without `Fast`; undefined where nothing says it. */
  readonly className: string | undefined;
  readonly modelType: string;
}

/** Reads the files; one that is missing says nothing. @throws ToolchainError SOURCE_INVALID */
export function readSettings(folder: SourceFolder, config: HuggingFaceConfig): TokenizerFiles {
  const settings = folder.json('tokenizer_config.json', settingsSchema) ?? {};
  const sentenceFile = SENTENCE_FILES.find((file) => folder.has(file));
  const named = settings.tokenizer_class ?? z.string().safeParse(config.tokenizer_class).data;
  return {
    settings,
    specialTokens: folder.json('special_tokens_map.json', specialTokensSchema) ?? {},
    addedTokens: folder.json('added_tokens.json', addedTokensSchema) ?? {},
    sentence: (sentenceFile && folder.json(sentenceFile, sentenceSchema)) || {},
    className: named?.replace(/Fast$/, ''),
    modelType: config.model_type,
  };
}

/** The text of a special token. */
export function contentOf(token: NamedToken): string;
export function contentOf(token: NamedToken | null | undefined): string | undefined;
export function contentOf(token: NamedToken | null | undefined): string | undefined {
  return (typeof token === 'string' ? token : token?.content) ?? undefined;
}
