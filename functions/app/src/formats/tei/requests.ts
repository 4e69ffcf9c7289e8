/** Bodies of text-embeddings-inference (TEI): https://huggingface.github.io/text-embeddings-inference */
import * as z from 'zod/mini';

const flag = z._default(z.boolean(), false);
const ids = z.array(z.int()).check(z.minLength(1));
const cut = {
  truncate: z.nullish(z.boolean()),
  truncation_direction: z._default(z.enum(['left', 'right', 'Left', 'Right']), 'right'),
};
const embedding = z
  .union(
    [z.string(), z.array(z.union([z.string(), ids])), ids],
    'must be a text, a list of texts, or the ids of tokens of one text or of several',
  )
  .check(z.meta({ description: 'A text, texts, the token ids of a text, or those of several' }));
const sequence = z.array(z.string()).check(z.minLength(1), z.maxLength(2));

export const embedRequest = z.object({
  inputs: embedding,
  normalize: z._default(z.boolean(), true),
  dimensions: z.nullish(z.int().check(z.positive())),
  prompt_name: z.nullish(z.string()),
  ...cut,
});
export const embedAllRequest = z.object({ inputs: embedding, prompt_name: z.nullish(z.string()), ...cut });
export const rerankRequest = z.object({
  query: z.string(),
  texts: z.array(z.string()),
  raw_scores: flag,
  return_text: flag,
  ...cut,
});
export const classifyRequest = z.object({
  inputs: z
    .union([z.string(), sequence, z.array(sequence)], 'must be a text, a pair of texts, or a batch of them')
    .check(
      z.meta({
        description: 'A text, a PAIR of texts `["a", "b"]`, or a batch of both `[["a"], ["b", "c"]]`',
      }),
    ),
  raw_scores: flag,
  ...cut,
});
export const similarityRequest = z.object({
  inputs: z.object({ source_sentence: z.string(), sentences: z.array(z.string()) }),
  parameters: z.nullish(z.object({ prompt_name: z.nullish(z.string()), ...cut })),
});
export const tokenizeRequest = z.object({
  inputs: z.union([z.string(), z.array(z.string())], 'must be a text or a list of texts'),
  add_special_tokens: z._default(z.boolean(), true),
});
export const decodeRequest = z.object({
  ids: z.union([z.array(z.int()), z.array(z.array(z.int()))], 'must be ids of tokens, or lists of them'),
  skip_special_tokens: z._default(z.boolean(), true),
});
