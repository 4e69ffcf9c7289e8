/** simple_tagger: a text field to logits of a tag for every token. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { softmax } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  encoder: nested,
  label_namespace: z.string().default('labels'),
  calculate_span_f1: ignored,
  label_encoding: ignored,
  verbose_metrics: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const simpleTagger: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'simple_tagger',
  params,
  nested: { text_field_embedder: { role: 'text_field_embedder' }, encoder: { role: 'seq2seq_encoder' } },
  build(scope, { text_field_embedder: embedderParams, encoder: encoderParams, label_namespace: labels }) {
    const embedder = buildModule('text_field_embedder', scope.at('text_field_embedder'), embedderParams);
    const encoder = buildModule('seq2seq_encoder', scope.at('encoder'), encoderParams);
    const { vectors, mask } = embedder.embed('tokens');
    const tags = scope.archive.vocabularySize(labels);
    const logits = linear(
      scope.at('tag_projection_layer._module'),
      encoder.encode(vectors, mask),
      encoder.outputDim,
      tags,
    );
    const axes = ['batch', 'tokens/tokens', tags];
    return {
      model: finishGraph(scope, {
        logits: { value: logits, axes },
        class_probabilities: { value: softmax(scope, logits), axes },
      }),
    };
  },
};
