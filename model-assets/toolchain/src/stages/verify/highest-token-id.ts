import * as z from 'zod';

/** The parts of a tokenizer.json that say which tokens there are: BPE and WordPiece have a map, Unigram a list. */
const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.int().nonnegative() })).default([]),
  model: z.object({
    vocab: z.union([
      z.record(z.string(), z.int().nonnegative()).transform((tokens) => Object.values(tokens)),
      z.array(z.tuple([z.string(), z.number()])).transform((tokens) => [...tokens.keys()]),
    ]),
  }),
});

/**
 * The largest id that a tokenizer can give: the model needs an embedding for it. Throws where the content is no
 * tokenizer.json.
 */
export function highestTokenId(tokenizerJson: string): number {
  const { model, added_tokens } = tokenizerSchema.parse(JSON.parse(tokenizerJson));
  return [...model.vocab, ...added_tokens.map(({ id }) => id)].reduce(
    (highest, id) => Math.max(highest, id),
    -1,
  );
}
