/** The body of a prediction: what Hugging Face's inference clients send. */
import * as z from 'zod/mini';

const flag = z.optional(z.boolean());

/** What older clients say about hosting; there is nothing here that it would change. */
const hosting = z.looseObject({ wait_for_model: flag, use_cache: flag });

/** What `inputs` and `parameters` may hold is the task's to say. In zod/mini, for it is on the way of a cold start. */
export const predictRequest = z.strictObject({
  inputs: z.unknown().check(
    z.refine((inputs) => inputs !== undefined, 'is required'),
    z.meta({
      description: 'One input, or a list of them; a text each, for the tasks of today',
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    }),
  ),
  parameters: z.nullish(z.record(z.string(), z.unknown())).check(
    z.meta({
      description:
        'text-classification: `top_k`, `function_to_apply`, `truncate`. token-classification: ' +
        '`aggregation_strategy`, `ignore_labels`, `offset_unit`, `truncate`. feature-extraction: `pooling`, ' +
        '`normalize`, `truncate`.',
    }),
  ),
  truncate: flag.check(z.meta({ description: 'As in `parameters`' })),
  normalize: flag.check(z.meta({ description: 'As in `parameters`' })),
  truncation_direction: z.optional(z.literal(['right', 'Right'])),
  encoding_format: z.optional(z.literal('float')),
  options: z.optional(hosting).check(z.meta({ description: 'Taken and ignored' })),
});
export type PredictRequest = z.infer<typeof predictRequest>;
