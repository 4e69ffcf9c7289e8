/** lstm_cell: a decoder of one LSTM cell, which may attend to the source. */
import { z } from 'zod';
import { buildModule, count, nested } from '../build.ts';
import type { ModuleDefinition } from '../module.ts';
import { lstmCell } from '../nodes/lstm-cell.ts';
import { concat, reshape } from '../nodes/ops.ts';
import type { DecoderNet } from './decoder.ts';
import { firstState, memoryOf, readSource } from './encoded-source.ts';

const params = z.strictObject({
  decoding_dim: count,
  target_embedding_dim: count,
  attention: nested.nullish(),
  bidirectional_input: z.boolean().default(false),
});

export const lstmCellDecoder: ModuleDefinition<z.infer<typeof params>, DecoderNet> = {
  role: 'decoder_net',
  type: 'lstm_cell',
  params,
  nested: { attention: { role: 'attention' } },
  build: (scope, parsed) => {
    const { decoding_dim: dim, target_embedding_dim: embedded } = parsed;
    return {
      outputDim: dim,
      prepare(source) {
        const { hidden, context } = firstState(scope, source, parsed.bidirectional_input);
        const axes = ['batch', dim];
        return {
          ...memoryOf(source),
          'state.hidden': { value: hidden, axes },
          'state.context': { value: context, axes },
        };
      },
      decode(step, words) {
        const word = reshape(scope, words, [-1, embedded]);
        const before = { hidden: step.state('hidden', dim), context: step.state('context', dim) };
        const read = parsed.attention
          ? [
              readSource(
                step,
                buildModule('attention', scope.at('_attention'), parsed.attention),
                before.hidden,
                dim,
              ),
            ]
          : [];
        const inputs = embedded + read.length * dim;
        const cell = scope.at('_decoder_cell');
        const after = lstmCell(cell, concat(scope, [...read, word], -1), before, { inputs, dim });
        step.leave('hidden', after.hidden, dim);
        step.leave('context', after.context, dim);
        return step.toBeams(after.hidden, dim);
      },
    };
  },
};
