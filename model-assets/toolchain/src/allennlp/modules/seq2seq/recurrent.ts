/** lstm, gru and rnn: the recurrent layers of torch as encoders of sequences. */
import type { z } from 'zod';
import type { ModuleDefinition, Seq2SeqEncoder } from '../module.ts';
import { fromTheStart } from '../nodes/from-the-start.ts';
import { type RecurrentKind, runTorchRnn } from '../nodes/torch-rnn.ts';
import { rnnSequenceParams, sequenceParams } from '../recurrent-params.ts';

function recurrent(
  kind: RecurrentKind,
  params: typeof sequenceParams | typeof rnnSequenceParams,
): ModuleDefinition<z.infer<typeof params>, Seq2SeqEncoder> {
  return {
    role: 'seq2seq_encoder',
    type: kind,
    params,
    build: (scope, shape) => ({
      outputDim: shape.hidden_size * (shape.bidirectional ? 2 : 1),
      isBidirectional: shape.bidirectional,
      encode: fromTheStart(
        scope,
        shape.stateful,
        (x, mask) => runTorchRnn(scope.at('_module'), kind, shape, x, mask).sequence,
      ),
    }),
  };
}

export const lstm = recurrent('lstm', sequenceParams);
export const gru = recurrent('gru', sequenceParams);
export const rnn = recurrent('rnn', rnnSequenceParams);
