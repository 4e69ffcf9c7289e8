/** basic_classifier: a text field to logits of its class. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { softmax } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  seq2vec_encoder: nested,
  seq2seq_encoder: nested.nullish(),
  feedforward: nested.nullish(),
  num_labels: count.nullish(),
  label_namespace: z.string().default('labels'),
  /** The namespace of the readable tokens in the answer. */
  namespace: ignored,
  dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const basicClassifier: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'basic_classifier',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    seq2seq_encoder: { role: 'seq2seq_encoder' },
    seq2vec_encoder: { role: 'seq2vec_encoder' },
    feedforward: { role: 'feedforward' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parsed.text_field_embedder,
    );
    const { vectors, mask } = embedder.embed('tokens');
    const encoded = parsed.seq2seq_encoder
      ? buildModule('seq2seq_encoder', scope.at('_seq2seq_encoder'), parsed.seq2seq_encoder).encode(
          vectors,
          mask,
        )
      : vectors;
    const encoder = buildModule('seq2vec_encoder', scope.at('_seq2vec_encoder'), parsed.seq2vec_encoder);
    const pooled = { value: encoder.encode(encoded, mask), width: encoder.outputDim };
    const feedforward = parsed.feedforward
      ? buildModule('feedforward', scope.at('_feedforward'), parsed.feedforward)
      : undefined;
    const { value, width } = feedforward
      ? { value: feedforward.apply(pooled.value), width: feedforward.outputDim }
      : pooled;
    const labels = parsed.num_labels ?? scope.archive.vocabularySize(parsed.label_namespace);
    const logits = linear(scope.at('_classification_layer'), value, width, labels);
    const axes = ['batch', labels];
    return {
      model: finishGraph(scope, {
        logits: { value: logits, axes },
        probs: { value: softmax(scope, logits), axes },
      }),
    };
  },
};
