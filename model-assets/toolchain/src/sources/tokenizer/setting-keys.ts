/** The keys of tokenizer_config.json: those that are applied, those that change no token id, and those that are refused. */
import { ToolchainError } from '../../errors.ts';
import type { FoundClass } from './find-class.ts';
import { SPECIAL_TOKENS, type TokenizerSettings } from './settings.ts';

const words = (text: string): readonly string[] => text.split(/\s+/);

/** Keys that decide on token ids, whatever the class is. */
const APPLIED = new Set<string>([
  ...SPECIAL_TOKENS,
  ...words('tokenizer_class additional_special_tokens extra_special_tokens added_tokens_decoder'),
  ...words('model_max_length model_input_names truncation_side add_prefix_space'),
]);

/** Keys that decide on token ids where the class is one of a kind; they mean nothing to the others. */
const APPLIED_BY_KIND: Readonly<Record<string, ReadonlySet<string>>> = {
  'word-piece': new Set(words('do_lower_case strip_accents tokenize_chinese_chars')),
  'byte-level': new Set(words('add_prefix_space trim_offsets add_bos_token')),
  'sentence-piece': new Set(
    words(
      'do_lower_case keep_accents split_by_punct legacy extra_ids src_lang add_bos_token add_eos_token add_prefix_space separate_vocabs',
    ),
  ),
};

/** Keys that change no token id: of decoding, of chats, of files, of the slow classes, of how Python pads. */
const HARMLESS = new Set(
  words(`auto_map backend bos_token_id chat_template clean_up_tokenization_spaces cls_token_id
    clean_text default_chat_template device_map do_basic_tokenize eos_token_id errors full_tokenizer_file from_slow
    is_local language local_files_only mask_token_id max_len max_length merges_file model_max_len
    model_specific_special_tokens name_or_path
    never_split pad_to_multiple_of pad_token_id pad_token_type_id padding padding_side processor_class remove_space
    response_schema return_token_type_ids sep_token_id skip_special_tokens source_lang sp_model_kwargs
    spaces_between_special_tokens special_tokens_map_file stride target_lang task tgt_lang tokenizer_file tokenizer_type
    transformers_version truncation truncation_strategy trust_remote_code unk_token_id use_default_system_prompt
    use_fast vocab_file vocab_size verbose`),
);

/** Keys with the only value that can be served; another one would change token ids. */
const REQUIRED: readonly (readonly [key: string, served: readonly unknown[]])[] = [
  ['split_special_tokens', [false]],
  ['wordpieces_prefix', ['##']],
  ['vocab_type', ['spm']],
  ['offset', [103]],
  ['mask_token_sent', ['<mask_1>']],
  ['do_subword_tokenize', [true]],
];

/** @throws ToolchainError SOURCE_UNSUPPORTED with the key that would have to be served, and is not */
export function refuseSettings(settings: TokenizerSettings): void {
  for (const [key, served] of REQUIRED) {
    const value = settings[key];
    if (value === undefined || value === null || served.includes(value)) continue;
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `tokenizer_config.json sets ${key} to ${JSON.stringify(value)}, which changes token ids and is not supported.`,
    );
  }
}

/** Keys that were not applied and may have changed token ids: those of another kind of class, and those that nobody here knows. */
export function listIgnored(settings: TokenizerSettings, { known }: FoundClass): string[] {
  const required = new Set(REQUIRED.map(([key]) => key));
  const applied = known ? APPLIED_BY_KIND[known.kind] : undefined;
  return Object.keys(settings).filter(
    (key) =>
      isSet(settings[key]) &&
      !(APPLIED.has(key) || HARMLESS.has(key) || required.has(key) || applied?.has(key)),
  );
}

const isSet = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== false && value !== '';
