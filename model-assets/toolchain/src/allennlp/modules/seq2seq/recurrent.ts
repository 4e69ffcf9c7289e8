/** lstm, gru and rnn: the recurrent layers of torch as encoders of sequences. */
import type { z } from 'zod';
import type { ModuleDefinition, Seq2SeqEncoder } from '../module.ts';
import { type RecurrentKind, runTorchRnn } from '../nodes/torch-rnn.ts';
import { recurrentParams, rnnParams } from '../recurrent-params.ts';

function recurrent(
  kind: RecurrentKind,
  params: typeof recurrentParams | typeof rnnParams,
): ModuleDefinition<z.infer<typeof params>, Seq2SeqEncoder> {
  return {
    role: 'seq2seq_encoder',
    type: kind,
    params,
    build: (scope, shape) => ({
      outputDim: shape.hidden_size * (shape.bidirectional ? 2 : 1),
      isBidirectional: shape.bidirectional,
      encode: (x, mask) => runTorchRnn(scope.at('_module'), kind, shape, x, mask).sequence,
    }),
  };
}

export const lstm = recurrent('lstm', recurrentParams);
export const gru = recurrent('gru', recurrentParams);
export const rnn = recurrent('rnn', rnnParams);
