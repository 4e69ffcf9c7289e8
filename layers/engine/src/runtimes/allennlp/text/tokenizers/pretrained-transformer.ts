import type { Encoding as NativeEncoding } from 'tokenizers';
import * as z from 'zod/mini';
import type { HubTokenizer } from '../hub.ts';
import { tokenizerKwargs } from '../hub-kwargs.ts';
import type { SpecialTokens } from '../hub-special-tokens.ts';
import { type Params, parseParams } from '../params.ts';
import { define, type Place } from '../registry.ts';
import type { Token } from '../token.ts';
import type { Tokenizer } from './tokenizer.ts';

const schema = z.strictObject({
  model_name: z.string(),
  add_special_tokens: z._default(z.boolean(), true),
  max_length: z.nullish(z.int()),
  tokenizer_kwargs: z.nullish(tokenizerKwargs),
  verification_tokens: z.nullish(z.array(z.string())),
});
type Options = z.infer<typeof schema>;

/** The place of a word's pieces among the tokens, both ends inclusive; undefined for a word without pieces. */
export type PieceSpan = readonly [first: number, last: number] | undefined;

export interface PretrainedTokenizer extends Tokenizer {
  readonly type: 'pretrained_transformer';
  readonly hub: HubTokenizer;
  readonly addsSpecialTokens: boolean;
  specialTokens(): Promise<SpecialTokens>;
  /** Encodes every word by itself, and puts special tokens around all of them. */
  tokenizeWords(words: readonly string[]): Promise<{ tokens: Token[]; offsets: PieceSpan[] }>;
}

/** The tokenizer of a hub model. Tokens have the ids and types that it gives, and offsets; special tokens have no offsets. */
export const pretrainedTransformer = define({ type: 'pretrained_transformer', schema, open });

/** Opens the tokenizer of a hub model where a configuration has its parameters without a type. */
export function openPretrained(params: Params, place: Place): PretrainedTokenizer {
  const { type: _, ...given } = params;
  return open(parseParams(schema, given, place.path), place);
}

export function isPretrained(tokenizer: Tokenizer): tokenizer is PretrainedTokenizer {
  return tokenizer.type === 'pretrained_transformer';
}

function open(options: Options, { archive }: Place): PretrainedTokenizer {
  const { add_special_tokens: addsSpecialTokens, max_length: maxLength } = options;
  const hub = archive.hub(options.model_name, options.tokenizer_kwargs ?? {});
  return {
    type: 'pretrained_transformer',
    hub,
    addsSpecialTokens,
    specialTokens: hub.specialTokens,
    async tokenize(text) {
      const { kept, specials } = toTokens(await hub.native.encode(text), hub);
      // Special tokens that are taken away again count in the length all the same.
      const room = maxLength == null ? Infinity : maxLength - (addsSpecialTokens ? specials : 0);
      const text_ = kept.filter(({ isSpecial }) => !isSpecial).slice(0, Math.max(room, 0));
      const last = text_.at(-1);
      return kept
        .filter((piece) => (piece.isSpecial ? addsSpecialTokens : last !== undefined && piece.at <= last.at))
        .map(({ token }) => token);
    },
    addSpecialTokens: async (first, second) => around(await hub.specialTokens(), first, second),
    async tokenizeWords(words) {
      const { single } = await hub.specialTokens();
      const { pieces, offsets } = await encodeWords(words, hub, single.start.length);
      return { tokens: around(await hub.specialTokens(), pieces), offsets };
    },
  };
}

interface Piece {
  readonly token: Token;
  readonly at: number;
  readonly isSpecial: boolean;
}

function toTokens(
  encoding: NativeEncoding,
  { vocabulary }: HubTokenizer,
): { kept: Piece[]; specials: number } {
  const typeIds = encoding.getTypeIds();
  const mask = encoding.getSpecialTokensMask();
  const offsets = encoding.getOffsets();
  const kept = encoding.getIds().map((textId, at) => {
    const [start = 0, end = 0] = offsets[at] ?? [];
    const places = start < end ? { idx: start, idxEnd: end } : {};
    const token = { text: vocabulary.token(textId) ?? '', textId, typeId: typeIds[at] ?? 0, ...places };
    return { token, at, isSpecial: mask[at] === 1 };
  });
  return { kept, specials: kept.filter(({ isSpecial }) => isSpecial).length };
}

function around(
  { single, pair }: SpecialTokens,
  first: readonly Token[],
  second?: readonly Token[],
): Token[] {
  const typed = (tokens: readonly Token[], typeId: number) => tokens.map((token) => ({ ...token, typeId }));
  if (!second) return [...single.start, ...typed(first, single.typeId), ...single.end];
  return [
    ...pair.start,
    ...typed(first, pair.firstTypeId),
    ...pair.middle,
    ...typed(second, pair.secondTypeId),
    ...pair.end,
  ];
}

/** The pieces of words that are encoded one by one, and the span of each, counted from `first`. */
async function encodeWords(
  words: readonly string[],
  { native, vocabulary }: HubTokenizer,
  first: number,
): Promise<{ pieces: Token[]; offsets: PieceSpan[] }> {
  const encodings =
    words.length === 0 ? [] : await native.encodeBatch([...words], { addSpecialTokens: false });
  const ids = encodings.map((encoding) => encoding.getIds());
  let end = first;
  const offsets = ids.map(({ length }): PieceSpan => {
    end += length;
    return length > 0 ? [end - length, end - 1] : undefined;
  });
  return {
    pieces: ids.flat().map((textId) => ({ text: vocabulary.token(textId) ?? '', textId })),
    offsets,
  };
}
