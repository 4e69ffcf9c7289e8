/** The parts of multitask models: one backbone that encodes the text, and heads that classify what it gives. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../build.ts';
import type { Backbone, Head, ModuleDefinition } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { softmax } from '../nodes/ops.ts';
import { transformerParams } from './hub-model.ts';
import { matchedEmbedder } from './pretrained-transformer.ts';
import { transformerEmbedder } from './transformer-embedder.ts';

const {
  eval_mode: _,
  reinit_modules: __,
  load_weights: ___,
  gradient_checkpointing: ____,
  ...shared
} = transformerParams;
const backboneParams = z.strictObject({
  ...shared,
  // Of the answer, which the engine makes.
  output_token_strings: ignored,
  vocab_namespace: ignored,
});

/** pretrained_transformer as a backbone: it takes a text field of one indexer, whatever that is called; here it is `tokens`. */
export const transformerBackbone: ModuleDefinition<z.infer<typeof backboneParams>, Backbone> = {
  role: 'backbone',
  type: 'pretrained_transformer',
  params: backboneParams,
  build(scope, parsed) {
    const place = scope.at('_embedder');
    const transformer = transformerEmbedder(place, parsed);
    const embedder = matchedEmbedder(place, transformer, parsed.max_length ?? undefined);
    return {
      outputDim: embedder.outputDim,
      encode(field) {
        const { vectors = '', mask } = embedder.embed(`${field}.tokens`, ['batch', `${field}/tokens`]);
        return { vectors, mask: mask() };
      },
    };
  },
};

const headParams = z.strictObject({
  seq2vec_encoder: nested,
  feedforward: nested.nullish(),
  num_labels: count.nullish(),
  label_namespace: z.string().default('labels'),
  // The sizes of the parts before say it.
  input_dim: ignored,
  dropout: ignored,
});

export const classifierHead: ModuleDefinition<z.infer<typeof headParams>, Head> = {
  role: 'head',
  type: 'classifier',
  params: headParams,
  nested: { seq2vec_encoder: { role: 'seq2vec_encoder' }, feedforward: { role: 'feedforward' } },
  build: (scope, parsed) => ({
    outputs(vectors, mask) {
      const encoder = buildModule('seq2vec_encoder', scope.at('_seq2vec_encoder'), parsed.seq2vec_encoder);
      const pooled = encoder.encode(vectors, mask);
      const feedforward = parsed.feedforward
        ? buildModule('feedforward', scope.at('_feedforward'), parsed.feedforward)
        : undefined;
      const labels = parsed.num_labels ?? scope.archive.vocabularySize(parsed.label_namespace);
      const logits = linear(
        scope.at('_classification_layer'),
        feedforward ? feedforward.apply(pooled) : pooled,
        feedforward?.outputDim ?? encoder.outputDim,
        labels,
      );
      const axes = ['batch', labels];
      return { logits: { value: logits, axes }, probs: { value: softmax(scope, logits), axes } };
    },
  }),
};
