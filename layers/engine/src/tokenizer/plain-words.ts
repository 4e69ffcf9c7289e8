/**
 * Tokens of plain texts in the thread that asks. The library works in another thread, and to wake that one and this one again takes
 * longer than the tokens of a short text do. See ADR-plain-words.md.
 */
import * as z from 'zod/mini';

/** The tokens of a vocabulary by their text. */
export interface Lookup {
  tokenToId(token: string): number | null | undefined;
}

/** What stands around the tokens of a text. */
export interface Around {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Every other character is read by the library, those of special tokens among them. */
const PLAIN = /^[ \n\t!-;=?-Z\\^-~]*$/;
/** Words, and marks one by one. */
const PIECES = /[A-Za-z0-9]+|[^A-Za-z0-9\s]/g;
/** Longer texts have so many tokens that a thread more or less does not matter. */
const MOST_CHARACTERS = 512;
/** Lookups of parts of words for one text: some 30 us. A text with more new words is read by the library. */
const MOST_LOOKUPS = 64;
/** Words that are remembered. */
const MOST_WORDS = 8192;

/** The settings of BERT's tokenizers. Accents and Chinese characters are in no plain text, so that it does not matter what is done to them. */
const settingsSchema = z.object({
  added_tokens: z.array(z.object({ content: z.string() })),
  normalizer: z.strictObject({
    type: z.literal('BertNormalizer'),
    clean_text: z.boolean(),
    handle_chinese_chars: z.boolean(),
    strip_accents: z.nullish(z.boolean()),
    lowercase: z.boolean(),
  }),
  pre_tokenizer: z.strictObject({ type: z.literal('BertPreTokenizer') }),
  model: z.object({
    type: z.literal('WordPiece'),
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.number(),
  }),
});

interface Rules {
  readonly lowercase: boolean;
  readonly prefix: string;
  readonly mostCharacters: number;
  readonly unknown: number;
}

export class PlainWords {
  readonly #lookup: Lookup;
  readonly #rules: Rules;
  readonly #around: Around;
  readonly #words = new Map<string, readonly number[]>();
  #lookups = 0;

  private constructor(lookup: Lookup, rules: Rules, around: Around) {
    this.#lookup = lookup;
    this.#rules = rules;
    this.#around = around;
  }

  /** Undefined where `settings`, those of a tokenizer.json, are not BERT's, or where a plain text may have a special token. */
  static of(settings: unknown, lookup: Lookup, around: Around): PlainWords | undefined {
    const read = settingsSchema.safeParse(settings);
    if (!read.success) return undefined;
    const { added_tokens, normalizer, model } = read.data;
    const unknown = lookup.tokenToId(model.unk_token);
    if (unknown == null || added_tokens.some(({ content }) => PLAIN.test(content))) return undefined;
    const rules = {
      lowercase: normalizer.lowercase,
      prefix: model.continuing_subword_prefix,
      mostCharacters: model.max_input_chars_per_word,
      unknown,
    };
    return new PlainWords(lookup, rules, around);
  }

  /** The ids of a text, special tokens included; undefined where the library has to read it. */
  encode(text: string): number[] | undefined {
    if (text.length > MOST_CHARACTERS || !PLAIN.test(text)) return undefined;
    this.#lookups = 0;
    const ids = [...this.#around.before];
    for (const piece of (this.#rules.lowercase ? text.toLowerCase() : text).match(PIECES) ?? []) {
      const own = this.#words.get(piece) ?? this.#divide(piece);
      if (own === undefined) return undefined;
      for (const id of own) ids.push(id);
    }
    for (const id of this.#around.after) ids.push(id);
    return ids;
  }

  /** The longest parts that are in the vocabulary, from the left; undefined where that takes too long. */
  #divide(word: string): readonly number[] | undefined {
    const { prefix, mostCharacters, unknown } = this.#rules;
    const ids: number[] = [];
    for (let start = 0; start < word.length && word.length <= mostCharacters; ) {
      let end = word.length;
      let id: number | null | undefined;
      for (; end > start && id == null; end--) {
        if (this.#lookups === MOST_LOOKUPS) return undefined;
        this.#lookups += 1;
        id = this.#lookup.tokenToId(start === 0 ? word.slice(0, end) : prefix + word.slice(start, end));
      }
      if (id == null) return this.#remember(word, [unknown]);
      ids.push(id);
      start = end + 1;
    }
    return this.#remember(word, word.length <= mostCharacters ? ids : [unknown]);
  }

  #remember(word: string, ids: readonly number[]): readonly number[] {
    if (this.#words.size === MOST_WORDS) this.#words.clear();
    this.#words.set(word, ids);
    return ids;
  }
}
