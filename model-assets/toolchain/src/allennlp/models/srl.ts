/** srl: a text field and the place of a verb to the probabilities of a label for every token. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { concat, softmax } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  encoder: nested,
  binary_feature_dim: count,
  embedding_dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
  label_smoothing: ignored,
  ignore_span_metric: ignored,
  srl_eval_path: ignored,
});

export const srl: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'srl',
  params,
  nested: { text_field_embedder: { role: 'text_field_embedder' }, encoder: { role: 'seq2seq_encoder' } },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('text_field_embedder'),
      parsed.text_field_embedder,
    );
    const verbs = buildModule('embedding', scope.at('binary_feature_embedding'), {
      embedding_dim: parsed.binary_feature_dim,
      num_embeddings: 2,
    });
    const encoder = buildModule('seq2seq_encoder', scope.at('encoder'), parsed.encoder);
    const { vectors, mask } = embedder.embed('tokens');
    const indicator = scope.input('verb_indicator', 'int64', ['batch', 'tokens/tokens']);
    const embedded = concat(scope, [vectors, verbs.lookUp(indicator)], -1);
    const labels = scope.archive.vocabularySize('labels');
    const logits = linear(
      scope.at('tag_projection_layer._module'),
      encoder.encode(embedded, mask),
      encoder.outputDim,
      labels,
    );
    const axes = ['batch', 'tokens/tokens'];
    return {
      model: finishGraph(scope, {
        class_probabilities: { value: softmax(scope, logits), axes: [...axes, labels] },
        mask: { value: mask, axes },
      }),
    };
  },
};
