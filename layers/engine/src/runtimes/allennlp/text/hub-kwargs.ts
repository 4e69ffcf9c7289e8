/** `tokenizer_kwargs` of a configuration, and the settings of tokenizer_config.json that transformers puts over tokenizer.json. */
import * as z from 'zod/mini';

/** Every keyword that is understood; those that only name a length do not change what a tokenizer gives. */
export const tokenizerKwargs = z.strictObject({
  use_fast: z.optional(z.literal(true)),
  add_prefix_space: z.optional(z.boolean()),
  do_lower_case: z.optional(z.boolean()),
  strip_accents: z.optional(z.nullable(z.boolean())),
  tokenize_chinese_chars: z.optional(z.boolean()),
  additional_special_tokens: z.optional(z.array(z.string())),
  add_special_tokens: z.optional(z.boolean()),
  max_len: z.optional(z.int()),
  max_length: z.optional(z.int()),
  model_max_length: z.optional(z.int()),
  truncation_strategy: z.optional(z.string()),
});
export type TokenizerKwargs = Partial<z.infer<typeof tokenizerKwargs>>;

/** A setting that is true or false; whatever else a file has is none. */
const flag = z.pipe(
  z.unknown(),
  z.transform((value) => (typeof value === 'boolean' ? value : undefined)),
);
const settings = z.object({
  add_prefix_space: z.optional(flag),
  do_lower_case: z.optional(flag),
  strip_accents: z.optional(
    z.pipe(
      z.unknown(),
      z.transform((value) => (typeof value === 'boolean' || value === null ? value : undefined)),
    ),
  ),
  tokenize_chinese_chars: z.optional(flag),
});

const part = z.nullish(z.looseObject({ type: z.optional(z.string()) }));
const tokenizerJson = z.looseObject({
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  added_tokens: z._default(z.array(z.looseObject({ id: z.optional(z.number()), content: z.string() })), []),
});

export interface TokenizerJson {
  readonly json: string;
  /** The tokens that it recognises in texts already, by their ids. */
  readonly added: ReadonlyMap<number, string>;
}

/** tokenizer.json as the settings have it: the normalizer of BERT, the prefix space of byte-level tokenizers. */
export function applyKwargs(json: string, given: Readonly<Record<string, unknown>>): TokenizerJson {
  const { add_prefix_space, do_lower_case, strip_accents, tokenize_chinese_chars } = settings.parse(given);
  const parsed = tokenizerJson.safeParse(parseOrEmpty(json));
  if (!parsed.success) return { json, added: new Map() };
  const changed = [
    parsed.data.normalizer?.type === 'BertNormalizer' &&
      assign(parsed.data.normalizer, {
        lowercase: do_lower_case,
        strip_accents,
        handle_chinese_chars: tokenize_chinese_chars,
      }),
    parsed.data.pre_tokenizer?.type === 'ByteLevel' &&
      assign(parsed.data.pre_tokenizer, { add_prefix_space }),
    parsed.data.post_processor?.type === 'RobertaProcessing' &&
      assign(parsed.data.post_processor, { add_prefix_space }),
  ];
  return {
    json: changed.includes(true) ? JSON.stringify(parsed.data) : json,
    added: new Map(parsed.data.added_tokens.map(({ id = -1, content }) => [id, content])),
  };
}

/** Sets what is given, and says whether that changes anything. */
function assign(target: Record<string, unknown>, values: Readonly<Record<string, unknown>>): boolean {
  const given = Object.entries(values).filter(([key, value]) => value !== undefined && target[key] !== value);
  Object.assign(target, Object.fromEntries(given));
  return given.length > 0;
}

/** What does not parse is told by the library that opens it. */
function parseOrEmpty(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
