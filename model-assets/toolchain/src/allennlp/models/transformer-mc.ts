/** transformer_mc: every alternative in a text field of its own, pooled to one logit. */
import { z } from 'zod';
import { buildModule, ignored } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { op, shape } from '../modules/nodes/ops.ts';
import { flattenRows } from '../modules/nodes/time-distributed.ts';
import { pooler } from '../modules/transformers/bert-pooler.ts';

const params = z.strictObject({
  transformer_model: z.string().default('roberta-large'),
  override_weights_file: ignored,
  override_weights_strip_prefix: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const transformerMc: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'transformer_mc',
  params,
  build(scope, { transformer_model: modelName }) {
    const embedder = buildModule('text_field_embedder', scope.at('_text_field_embedder'), {
      type: 'basic',
      token_embedders: { tokens: { type: 'pretrained_transformer', model_name: modelName } },
    });
    const { vectors, mask } = embedder.embed('alternatives', ['alternatives']);
    const pool = pooler(scope.at('_pooler'));
    const pooled = pool.encode(flattenRows(scope, vectors, 2), mask);
    const scores = linear(scope.at('_linear_layer'), pooled, pool.outputDim, 1);
    const logits = op(scope, 'Reshape', [scores, shape(scope, mask, 0, 2)]);
    return { model: finishGraph(scope, { logits: { value: logits, axes: ['batch', 'alternatives'] } }) };
  },
};
