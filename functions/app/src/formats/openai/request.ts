/** Bodies of OpenAI's embeddings. Unknown fields are refused, as OpenAI does it. */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';

const text = z.string();
const ids = listOf(z.int().check(z.nonnegative())).check(z.minLength(1));

/** The most inputs of a call by OpenAI's own rules, to which its clients fill their calls. */
export const MAX_INPUTS = 2048;
const listed = z.meta({ minItems: 1, maxItems: MAX_INPUTS });

export const embeddingsRequest = z.strictObject({
  model: z.string().check(z.meta({ description: 'Name of a model, or `name@version`' })),
  input: z
    .union(
      [text, listOf(text).check(listed), ids, listOf(ids).check(listed)],
      'must be a text, a list of texts, or the ids of tokens of one text or of several',
    )
    .check(
      z.meta({
        description:
          'A text, or texts. Ids of tokens are refused, unless the deployment says that they are of the vocabulary of its models',
      }),
    ),
  dimensions: z.nullish(z.int().check(z.positive())),
  encoding_format: z.nullish(z.enum(['float', 'base64'])),
  user: z.nullish(z.string()).check(z.meta({ description: 'Taken and ignored' })),
});
