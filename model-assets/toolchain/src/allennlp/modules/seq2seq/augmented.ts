/** augmented_lstm, alternating_lstm and stacked_bidirectional_lstm as encoders of sequences. */
import { ALTERNATING, AUGMENTED, BIDIRECTIONAL, type Stack } from '../augmented-encoders.ts';
import type { ModuleDefinition, Seq2SeqEncoder } from '../module.ts';
import { fromTheStart } from '../nodes/from-the-start.ts';

function stacked<P extends { readonly stateful: boolean }>(
  stack: Stack<P>,
): ModuleDefinition<P, Seq2SeqEncoder> {
  return {
    role: 'seq2seq_encoder',
    type: stack.type,
    params: stack.params,
    build: (scope, params) => ({
      outputDim: stack.hiddenSize(params) * (stack.isBidirectional ? 2 : 1),
      isBidirectional: stack.isBidirectional,
      encode: fromTheStart(
        scope,
        params.stateful,
        (x, mask) => stack.run(scope.at('_module'), params, x, mask).sequence,
      ),
    }),
  };
}

export const augmentedLstm = stacked(AUGMENTED);
export const alternatingLstm = stacked(ALTERNATING);
export const stackedBidirectionalLstm = stacked(BIDIRECTIONAL);
