/** Bodies of text-generation-inference (TGI). Fields that it does not know are nothing to it. */
import * as z from 'zod/mini';

export const generateRequest = z.object({
  inputs: z.string().check(z.meta({ description: 'The prompt; of a model with an encoder the source' })),
  parameters: z.nullish(z.record(z.string(), z.unknown())).check(
    z.meta({
      description:
        'By the names of TGI and of `generate` of transformers: `max_new_tokens`, `do_sample`, `temperature`, `stop`, ' +
        '`return_full_text`, `details`, `best_of`, `grammar`, `num_beams`. One that nobody knows is refused',
    }),
  ),
});
