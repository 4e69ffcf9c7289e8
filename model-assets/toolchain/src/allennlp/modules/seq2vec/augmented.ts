/** augmented_lstm, alternating_lstm and stacked_bidirectional_lstm as encoders to one vector. */
import { ALTERNATING, AUGMENTED, BIDIRECTIONAL, type Stack } from '../augmented-encoders.ts';
import type { ModuleDefinition, Seq2VecEncoder } from '../module.ts';

function stacked<P extends { readonly stateful: boolean }>(
  stack: Stack<P>,
): ModuleDefinition<P, Seq2VecEncoder> {
  return {
    role: 'seq2vec_encoder',
    type: stack.type,
    params: stack.params.refine(({ stateful }) => !stateful, 'stateful is of encoders of sequences'),
    build: (scope, params) => ({
      outputDim: stack.hiddenSize(params) * (stack.isBidirectional ? 2 : 1),
      encode: (x, mask) => stack.run(scope.at('_module'), params, x, mask).final,
    }),
  };
}

export const augmentedLstm = stacked(AUGMENTED);
export const alternatingLstm = stacked(ALTERNATING);
export const stackedBidirectionalLstm = stacked(BIDIRECTIONAL);
