/** Bodies of OpenAI's embeddings. */
import * as z from 'zod/mini';

const ids = z.array(z.int()).check(z.minLength(1));

export const embeddingsRequest = z.object({
  model: z.string().check(z.meta({ description: 'Name of a model, or `name@version`' })),
  input: z
    .union(
      [z.string(), z.array(z.string()), ids, z.array(ids)],
      'must be a text, a list of texts, or the ids of tokens of one text or of several',
    )
    .check(z.meta({ description: 'A text, texts, the token ids of a text, or those of several' })),
  dimensions: z.nullish(z.int().check(z.positive())),
  encoding_format: z.nullish(z.enum(['float', 'base64'])),
  user: z.nullish(z.string()).check(z.meta({ description: 'Taken and ignored' })),
});
