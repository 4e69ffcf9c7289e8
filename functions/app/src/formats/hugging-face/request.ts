/** The body of a prediction: what Hugging Face's inference clients send. */
import type { EngineError } from '@pilotlight/engine';
import * as z from 'zod/mini';

const flag = z.nullish(z.boolean());

/** Options of older clients about hosting; they change nothing here. */
const hosting = z.looseObject({ wait_for_model: flag, use_cache: flag });

/** The task decides what `inputs` and `parameters` may hold. The schema is in zod/mini because every cold start loads it. */
export const predictRequest = z.strictObject({
  inputs: z.unknown().check(
    z.refine((inputs) => inputs !== undefined, 'is required'),
    z.meta({
      description:
        'One input, or a list of them: a text; `{text, text_pair}`; `{question, context}`; ' +
        '`{source_sentence, sentences}`; `{query, texts}`. The base64 of a file for models that read images or audio',
      anyOf: [{ type: 'string' }, { type: 'object' }, { type: 'array', minItems: 1, items: {} }],
    }),
  ),
  parameters: z.nullish(z.record(z.string(), z.unknown())).check(
    z.meta({
      description:
        'Parameters of the task by the names of Hugging Face; one that it does not know is refused',
    }),
  ),
  truncate: flag.check(z.meta({ description: 'As in `parameters`' })),
  truncation_direction: z
    .nullish(z.enum(['left', 'right', 'Left', 'Right']))
    .check(z.meta({ description: 'As in `parameters`: which end is kept is the other one' })),
  normalize: flag.check(z.meta({ description: 'As in `parameters`' })),
  prompt_name: z.nullish(z.string()).check(z.meta({ description: 'As in `parameters`' })),
  dimensions: z.nullish(z.int().check(z.positive())).check(z.meta({ description: 'As in `parameters`' })),
  encoding_format: z
    .nullish(z.enum(['float', 'base64']))
    .check(z.meta({ description: 'Of vectors: numbers, or the base64 of little-endian 32-bit floats' })),
  stream: flag.check(
    z.meta({ description: 'Whether a generated text is told token by token, as server-sent events' }),
  ),
  options: z.nullish(hosting).check(z.meta({ description: 'Taken and ignored' })),
});
export type PredictRequest = z.infer<typeof predictRequest>;

/** A body of this format, or one without `inputs`: the JSON of AllenNLP's predictors has keys of its own. */
export type ReadRequest = PredictRequest & {
  readonly isPredictors?: true;
  /** The refusal of a model that has no predictor. @default - what the body would be refused for in this format */
  readonly otherwise?: EngineError;
};
