/** transformer_qa: question and context in one text field, to logits of the start and of the end of the answer. */
import { z } from 'zod';
import { int } from '../../graph/node.ts';
import { buildModule, ignored } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { integer, op } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  transformer_model_name: z.string().default('bert-base-cased'),
  initializer: ignored,
  regularizer: ignored,
});

export const transformerQa: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'transformer_qa',
  params,
  build(scope, { transformer_model_name: modelName }) {
    const embedder = buildModule('text_field_embedder', scope.at('_text_field_embedder'), {
      type: 'basic',
      token_embedders: { tokens: { type: 'pretrained_transformer', model_name: modelName } },
    });
    const { vectors } = embedder.embed('question_with_context');
    const both = linear(scope.at('_linear_layer'), vectors, embedder.outputDim, 2);
    const logits = (column: number) => op(scope, 'Gather', [both, integer(scope, column)], { axis: int(2) });
    const axes = ['batch', 'question_with_context/tokens'];
    return {
      model: finishGraph(scope, {
        span_start_logits: { value: logits(0), axes },
        span_end_logits: { value: logits(1), axes },
      }),
    };
  },
};
