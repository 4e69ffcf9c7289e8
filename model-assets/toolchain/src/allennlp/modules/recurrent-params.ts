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
};

/** What encoders of sequences take besides: whether AllenNLP begins where the batch before ended. */
const ofSequences = { stateful: z.boolean().default(false) };

const ofRnn = { nonlinearity: z.enum(['tanh', 'relu']).default('tanh') };

export const recurrentParams = z.strictObject(shared);
export const rnnParams = z.strictObject({ ...shared, ...ofRnn });
export const sequenceParams = z.strictObject({ ...shared, ...ofSequences });
export const rnnSequenceParams = z.strictObject({ ...shared, ...ofRnn, ...ofSequences });
