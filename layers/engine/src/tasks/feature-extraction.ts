/** Text in, vectors out: one for each token, or one for the text where a pooling is chosen. */
import * as z from 'zod/mini';
import { normalize, pool } from '../math/pooling.ts';
import type { Task } from '../ports.ts';
import { outputData } from './output.ts';
import { commonParameters } from './parameters.ts';

const parameters = z.strictObject({
  ...commonParameters,
  /** @default - the model's own, or `none`: one vector a token */
  pooling: z.optional(z.enum(['none', 'cls', 'mean', 'max'])),
  /** Scale each vector to length 1. @default - the model's own, or false */
  normalize: z.optional(z.boolean()),
});
type Parameters = z.infer<typeof parameters>;

/** `[hidden]` where pooled, else `[tokens][hidden]`. */
export type Features = readonly number[] | readonly (readonly number[])[];

export const featureExtraction: Task<string, Parameters, Features> = {
  name: 'feature-extraction',
  input: z.string(),
  parameters,
  output: 'hidden_states',

  requests: (text) => [{ text }],

  result(_text, [only], parameters, { taskDefaults }) {
    const states = outputData(only, 'hidden_states');
    const tokens = only?.encoding.ids.length ?? 1;
    const pooling = parameters.pooling ?? taskDefaults?.pooling ?? 'none';
    const scaled =
      (parameters.normalize ?? taskDefaults?.normalize ?? false) ? normalize : (same: Float64Array) => same;
    if (pooling !== 'none') return Array.from(scaled(pool(states, tokens, pooling)));
    const hidden = states.length / tokens;
    return Array.from({ length: tokens }, (_, token) =>
      Array.from(scaled(Float64Array.from(states.subarray(token * hidden, (token + 1) * hidden)))),
    );
  },
};
