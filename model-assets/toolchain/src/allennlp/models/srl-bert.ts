/** srl_bert: BERT over wordpieces, with the verb as its second token type, to probabilities of tags. */
import { z } from 'zod';
import { ignored } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition, Params } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { softmax } from '../modules/nodes/ops.ts';
import { openTransformer } from '../modules/transformers/hub-model.ts';

const params = z.strictObject({
  /** The name of a hub model, or its whole config.json. */
  bert_model: z.union([z.string(), z.record(z.string(), z.unknown())]),
  embedding_dropout: ignored,
  label_smoothing: ignored,
  ignore_span_metric: ignored,
  srl_eval_path: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const srlBert: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'srl_bert',
  params,
  build(scope, { bert_model: bert }) {
    const config: Params = typeof bert === 'string' ? scope.archive.hubConfig(bert) : bert;
    const transformer = openTransformer(
      scope,
      // BertModel is built whatever the configuration calls itself, and its configuration has defaults.
      { ...BERT_DEFAULTS, ...config, model_type: 'bert' },
      { part: 'bert_model' },
    );
    const axes = ['batch', 'tokens/tokens'];
    const states = transformer.encode({
      ids: scope.input('tokens.tokens.token_ids', 'int64', axes),
      mask: scope.input('tokens.tokens.mask', 'bool', axes),
      types: scope.input('verb_indicator', 'int64', axes),
    });
    const labels = scope.archive.vocabularySize('labels');
    const logits = linear(scope.at('tag_projection_layer'), states.at(-1) ?? '', transformer.hidden, labels);
    return {
      model: finishGraph(scope, {
        class_probabilities: { value: softmax(scope, logits), axes: [...axes, labels] },
      }),
    };
  },
};

/** BertConfig of transformers where a configuration says nothing. */
const BERT_DEFAULTS: Params = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
};
