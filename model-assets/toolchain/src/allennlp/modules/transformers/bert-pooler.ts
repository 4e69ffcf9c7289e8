/** bert_pooler: the first token through a dense layer of its own, and tanh. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { ignored } from '../build.ts';
import type { ModuleDefinition, Scope, Seq2VecEncoder } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { integer, op } from '../nodes/ops.ts';

const params = z.strictObject({
  pretrained_model: z.string(),
  override_weights_file: ignored,
  override_weights_strip_prefix: ignored,
  load_weights: ignored,
  requires_grad: ignored,
  dropout: ignored,
  transformer_kwargs: ignored,
});

export const bertPooler: ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> = {
  role: 'seq2vec_encoder',
  type: 'bert_pooler',
  params,
  build: (scope) => pooler(scope),
};

/** BertPooler at its place. */
export function pooler(scope: Scope): Seq2VecEncoder {
  const dense = scope.at('pooler.dense');
  const [hidden = 0] = dense.dims('bias') ?? [];
  return {
    outputDim: hidden,
    encode(x) {
      const first = op(scope, 'Gather', [x, integer(scope, 0)], { axis: int(1) });
      return op(scope, 'Tanh', [linear(dense, first, hidden, hidden)]);
    },
  };
}
