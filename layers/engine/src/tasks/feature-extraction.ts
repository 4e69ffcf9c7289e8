/** Text in, vectors out: one for each token, or one for the text where a pooling is chosen. */
import * as z from 'zod/mini';
import { normalize, type Pooling, pool } from '../math/pooling.ts';
import type { Task, TokenResult } from '../ports.ts';
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
  outputs: ['hidden_states'],
  alignment: false,

  serves: ({ task }) => task === 'feature-extraction' || task === 'sentence-similarity',
  requests: (text) => [{ text }],

  result(_text, [windows], parameters, { taskDefaults }) {
    const only = windows?.[0];
    const pooling = parameters.pooling ?? taskDefaults?.pooling ?? 'none';
    const scaled =
      (parameters.normalize ?? taskDefaults?.normalize ?? false) ? normalize : (same: Float64Array) => same;
    if (pooling !== 'none') return Array.from(scaled(embeddingOf(only, pooling)));
    const states = outputData(only, 'hidden_states');
    const tokens = only?.encoding.ids.length ?? 1;
    const hidden = states.length / tokens;
    return Array.from({ length: tokens }, (_, token) =>
      Array.from(scaled(Float64Array.from(states.subarray(token * hidden, (token + 1) * hidden)))),
    );
  },
};

/** One vector for the text, `[hidden]`. */
export function embeddingOf(window: TokenResult | undefined, pooling: Pooling): Float64Array {
  return pool(outputData(window, 'hidden_states'), window?.encoding.ids.length ?? 1, pooling);
}
