/** tokenizer.json, the format that every tokenizer ends up in: what is read of it, and its token ids. */
import { z } from 'zod';
import { listOf } from '../json.ts';

const id = z.int().nonnegative();

const isId = (value: unknown): boolean => id.safeParse(value).success;

/**
 * Token to id. Neither it nor a list of pieces is copied: a copy of zod's would lose a token that is called `__proto__`, and would
 * collect the faults of a million tokens.
 */
export const tokenIds = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isId),
  'must give every token an id',
);

/** [token, score] in the order of ids. */
const scoredPieces = z.custom<readonly (readonly [string, number])[]>(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number',
    ),
  'must list tokens with their scores',
);

/** A token that is looked for in the text before the model divides what is left. */
const addedTokenSchema = z.object({
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  /** Looked for in the normalised text, by its normalised content. */
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

/** A token as files write it, which is normalised unless it is special, where they do not say it. */
export const writtenToken = addedTokenSchema.transform(({ normalized, ...token }) => ({
  ...token,
  normalized: normalized ?? !token.special,
}));
export type AddedToken = z.infer<typeof writtenToken>;

/** A normalizer, a pre-tokenizer or a post-processor; its options belong to the library that runs it. */
const component = z.looseObject({ type: z.string() });
export type Component = z.infer<typeof component>;

export const tokenizerSchema = z.looseObject({
  added_tokens: listOf(
    addedTokenSchema.extend({ id }).transform(({ id, ...token }) => ({ id, ...writtenToken.parse(token) })),
  ).default([]),
  normalizer: component.nullish(),
  pre_tokenizer: component.nullish(),
  post_processor: component.nullish(),
  decoder: component.nullish(),
  model: z.looseObject({
    vocab: z.union([scoredPieces, tokenIds], 'must map tokens to ids, or list them with their scores'),
  }),
});
export type TokenizerJson = z.infer<typeof tokenizerSchema>;

/** Ids by token, added tokens included. */
export function listTokenIds({
  model,
  added_tokens,
}: Pick<TokenizerJson, 'model' | 'added_tokens'>): Map<string, number> {
  return new Map([...modelIds(model), ...added_tokens.map(({ content, id }) => [content, id] as const)]);
}

/** Counts tokens as the library does: a piece that stands twice in a Unigram model counts twice. */
export function countTokens({ model, added_tokens }: Pick<TokenizerJson, 'model' | 'added_tokens'>): number {
  const own = modelIds(model);
  const known = new Set(own.map(([token]) => token));
  return own.length + added_tokens.filter(({ content }) => !known.has(content)).length;
}

function modelIds({ vocab }: TokenizerJson['model']): (readonly [string, number])[] {
  return Array.isArray(vocab)
    ? vocab.map(([token], index) => [token, index] as const)
    : Object.entries(vocab);
}

/**
 * Adds tokens as the library does: a token of the vocabulary keeps its id, another gets the next one, and one that was added
 * before has the properties of the last time. One that would get an id of `rows` or more is left out: the model cannot read it.
 */
export function addTokens(
  tokenizer: TokenizerJson,
  tokens: readonly AddedToken[],
  rows = Number.POSITIVE_INFINITY,
): TokenizerJson {
  const added = new Map(tokenizer.added_tokens.map((token) => [token.content, token]));
  const own = modelIds(tokenizer.model);
  let ids: ReadonlyMap<string, number> | undefined;
  let next = [...added.values()].reduce((after, { id }) => Math.max(after, id + 1), own.length);
  for (const token of tokens) {
    let known = added.get(token.content)?.id;
    if (known === undefined) {
      ids ??= new Map(own);
      known = ids.get(token.content);
    }
    if (token.content === '' || (known === undefined && next >= rows)) continue;
    added.set(token.content, { ...token, id: known ?? next++ });
  }
  return { ...tokenizer, added_tokens: [...added.values()].sort((left, right) => left.id - right.id) };
}
