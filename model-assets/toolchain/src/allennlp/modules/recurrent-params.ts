/** The parameters of recurrent layers, which encoders of both kinds take. */
import { z } from 'zod';
import { count, ignored } from './build.ts';

const shared = {
  input_size: count,
  hidden_size: count,
  num_layers: count.default(1),
  bias: z.boolean().default(true),
  bidirectional: z.boolean().default(false),
  dropout: ignored,
  // An encoder that begins where the batch before ended answers the same input differently each time.
  stateful: z.literal(false).optional(),
};

export const recurrentParams = z.strictObject(shared);
export const rnnParams = z.strictObject({
  ...shared,
  nonlinearity: z.enum(['tanh', 'relu']).default('tanh'),
});
