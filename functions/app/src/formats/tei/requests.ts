/** Bodies of text-embeddings-inference (TEI): https://huggingface.github.io/text-embeddings-inference */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';

/** Empty values are refused after the schema, because TEI has an error of its own for them; the document says it here. */
const notEmpty = { text: z.meta({ minLength: 1 }), list: z.meta({ minItems: 1 }) };
const text = z.string().check(notEmpty.text);
const texts = listOf(text).check(notEmpty.list);
const ids = listOf(z.int().check(z.nonnegative(), z.maximum(0xffff_ffff))).check(notEmpty.list);

const flag = z.nullish(z.boolean());
const cut = {
  truncate: flag.check(
    z.meta({ description: 'Whether a text that is too long is cut. TEI does so unless this is false' }),
  ),
  truncation_direction: z
    .nullish(z.enum(['left', 'right', 'Left', 'Right']))
    .check(z.meta({ description: 'The end that is cut off' })),
};
const prompt_name = z
  .nullish(z.string())
  .check(z.meta({ description: 'The prompt of the model that is put before each text' }));
const embedding = z
  .union(
    [text, listOf(z.union([text, ids])).check(notEmpty.list), ids],
    'must be a text, a list of texts, or the ids of tokens of one text or of several',
  )
  .check(
    z.meta({
      description:
        'A text, texts, the token ids of a text, or those of several. Ids are read as they are: no special tokens are added',
    }),
  );
const sequence = listOf(z.string()).check(z.minLength(1), z.maxLength(2));

export const embedRequest = z.object({
  inputs: embedding,
  normalize: flag.check(
    z.meta({ description: 'Whether vectors have length 1. They do unless this is false' }),
  ),
  dimensions: z.nullish(z.int().check(z.positive())),
  prompt_name,
  ...cut,
});
export const embedAllRequest = z.object({ inputs: embedding, prompt_name, ...cut });
export const rerankRequest = z.object({
  query: z.string(),
  texts,
  raw_scores: flag,
  return_text: flag,
  top_n: z
    .nullish(z.int().check(z.positive()))
    .check(z.meta({ description: 'How many texts to give, as other rerankers name it; TEI gives all' })),
  ...cut,
});
export const classifyRequest = z.object({
  inputs: z
    .union(
      [text, sequence, listOf(sequence).check(notEmpty.list)],
      'must be a text, a pair of texts, or a batch of them',
    )
    .check(
      z.meta({
        description: 'A text, a PAIR of texts `["a", "b"]`, or a batch of both `[["a"], ["b", "c"]]`',
      }),
    ),
  raw_scores: flag,
  ...cut,
});
export const similarityRequest = z.object({
  inputs: z.object({ source_sentence: text, sentences: texts }),
  parameters: z.nullish(z.object({ prompt_name, ...cut })),
});
export const tokenizeRequest = z.object({
  inputs: z.union([text, texts], 'must be a text or a list of texts'),
  add_special_tokens: flag.check(z.meta({ description: 'They are there unless this is false' })),
  prompt_name,
});
export const decodeRequest = z.object({
  ids: z.union([ids, listOf(ids).check(notEmpty.list)], 'must be ids of tokens, or lists of them'),
  skip_special_tokens: flag.check(z.meta({ description: 'They are left out unless this is false' })),
});
