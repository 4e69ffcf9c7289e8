/** lstm, gru and rnn: the recurrent layers of torch as encoders to one vector. */
import type { z } from 'zod';
import type { ModuleDefinition, Seq2VecEncoder } from '../module.ts';
import { type RecurrentKind, runTorchRnn } from '../nodes/torch-rnn.ts';
import { recurrentParams, rnnParams } from '../recurrent-params.ts';

function recurrent(
  kind: RecurrentKind,
  params: typeof recurrentParams | typeof rnnParams,
): ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> {
  return {
    role: 'seq2vec_encoder',
    type: kind,
    params,
    build: (scope, shape) => ({
      outputDim: shape.hidden_size * (shape.bidirectional ? 2 : 1),
      encode: (x, mask) => runTorchRnn(scope.at('_module'), kind, shape, x, mask).final,
    }),
  };
}

export const lstm = recurrent('lstm', recurrentParams);
export const gru = recurrent('gru', recurrentParams);
export const rnn = recurrent('rnn', rnnParams);
