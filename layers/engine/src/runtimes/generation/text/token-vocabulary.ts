/** The tokens of a tokenizer.json by their ids, and what each of them is in a text. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { layTable, type TokenTable } from './token-table.ts';
import { readTextRules, type TextRules, type TokenText } from './token-text.ts';

/** Ids that a vocabulary may have: those of the largest models are a quarter million. */
const MOST_IDS = 10_000_000;

const id = z.int().check(z.nonnegative(), z.lt(MOST_IDS));
/** Neither a list nor a record of a million tokens is copied; `readTokens` looks at each. */
const vocabulary = z.custom<readonly unknown[] | Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null,
);
const tokenizerSchema = z.object({
  model: z.object({ vocab: vocabulary }),
  added_tokens: z._default(
    z.array(z.object({ id, content: z.string(), special: z._default(z.boolean(), false) })),
    [],
  ),
  decoder: z.optional(z.unknown()),
});

export class TokenVocabulary {
  readonly table: TokenTable;
  readonly rules: TextRules;
  /** `[ids]`; undefined for an id that is no token. */
  readonly #tokens: readonly (string | undefined)[];
  readonly #isByte: Uint8Array;

  /** @throws EngineError PACKAGE_INVALID for a decoder that is not supported, PACKAGE_CORRUPT where it is no tokenizer.json */
  constructor(tokenizerJson: unknown) {
    const parsed = tokenizerSchema.safeParse(tokenizerJson);
    if (!parsed.success) throw corrupt(parsed.error);
    const { model, added_tokens, decoder } = parsed.data;
    const tokens = readTokens(model.vocab);
    for (const { id, content } of added_tokens) tokens[id] = content;
    const special = new Set(added_tokens.flatMap(({ id, special }) => (special ? [id] : [])));
    this.rules = readTextRules(decoder);
    this.#tokens = tokens;
    this.#isByte = new Uint8Array(tokens.length);
    const laid = Array.from(tokens, (token, id) => {
      const { bytes, isByte } = token === undefined ? NOTHING : this.rules.inside(token);
      if (isByte) this.#isByte[id] = 1;
      return { bytes, special: special.has(id) };
    });
    this.table = layTable(laid, this.rules.startSpaces);
  }

  /** Gives a token as the vocabulary spells it. */
  name(id: number): string | undefined {
    return this.#tokens[id];
  }

  isSpecial(id: number): boolean {
    return this.table.special[id] === 1;
  }

  inside(id: number): TokenText {
    const { bytes, offsets } = this.table;
    const [start, end] = [offsets[id], offsets[id + 1]];
    if (start === undefined || end === undefined) return NOTHING;
    return { bytes: bytes.slice(start, end), isByte: this.#isByte[id] === 1 };
  }

  first(id: number): TokenText {
    const token = this.#tokens[id];
    return token === undefined ? NOTHING : this.rules.first(token);
  }
}

const NOTHING: TokenText = { bytes: new Uint8Array(0), isByte: false };

function readTokens(vocab: readonly unknown[] | Readonly<Record<string, unknown>>): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  if (Array.isArray(vocab)) {
    for (const entry of vocab) {
      const token: unknown = Array.isArray(entry) ? entry[0] : undefined;
      if (typeof token !== 'string') throw corrupt();
      tokens.push(token);
    }
    return tokens;
  }
  for (const [token, given] of Object.entries(vocab)) {
    if (!id.safeParse(given).success) throw corrupt();
    tokens[Number(given)] = token;
  }
  return tokens;
}

function corrupt(cause?: unknown): EngineError {
  return new EngineError('PACKAGE_CORRUPT', 'The tokenizer does not parse. Package the model again.', {
    cause,
  });
}
