import { z } from 'zod';
import type { LayerNames } from '../../../model-assets/toolchain/src/graph/encoder.ts';
import { BenchError } from '../errors.ts';

/** The facts about a checkpoint that the plain export needs. */
export interface PlainEncoder {
  /** The prefix of the names of the base model in the checkpoint. */
  readonly prefix: string;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
  readonly labels: number;
  readonly epsilon: number;
  readonly names: LayerNames;
  readonly head: PlainHead;
  /** The dense layer before the classifier, and its activation. */
  readonly pooler: { readonly name: string; readonly activation: 'Tanh' | 'Relu' };
}

export type PlainHead = 'classifier' | 'question-answering' | 'none';

/** The head that the name of a class says, the only one of `architectures`. */
function findHead([architecture = '']: readonly string[]): PlainHead {
  if (architecture.endsWith('ForQuestionAnswering')) return 'question-answering';
  return architecture.endsWith('Model') ? 'none' : 'classifier';
}

const count = z.int().positive();
const common = {
  vocab_size: count,
  max_position_embeddings: count,
  architectures: z.array(z.string()),
  id2label: z.record(z.string(), z.string()).default({}),
};

const bertSchema = z
  .object({
    model_type: z.literal('bert'),
    ...common,
    num_hidden_layers: count,
    num_attention_heads: count,
    hidden_size: count,
    intermediate_size: count,
    type_vocab_size: count,
    layer_norm_eps: z.number(),
  })
  .transform(
    (config): PlainEncoder => ({
      prefix: 'bert.',
      head: findHead(config.architectures),
      layers: config.num_hidden_layers,
      heads: config.num_attention_heads,
      hidden: config.hidden_size,
      feedForward: config.intermediate_size,
      vocabulary: config.vocab_size,
      positions: config.max_position_embeddings,
      tokenTypes: config.type_vocab_size,
      labels: Object.keys(config.id2label).length,
      epsilon: config.layer_norm_eps,
      names: {
        layer: (index) => `encoder.layer.${index}.`,
        query: 'attention.self.query',
        key: 'attention.self.key',
        value: 'attention.self.value',
        attentionOutput: 'attention.output.dense',
        attentionNorm: 'attention.output.LayerNorm',
        expand: 'intermediate.dense',
        contract: 'output.dense',
        outputNorm: 'output.LayerNorm',
      },
      pooler: { name: 'pooler.dense', activation: 'Tanh' },
    }),
  );

const distilbertSchema = z
  .object({
    model_type: z.literal('distilbert'),
    ...common,
    n_layers: count,
    n_heads: count,
    dim: count,
    hidden_dim: count,
  })
  .transform(
    (config): PlainEncoder => ({
      prefix: 'distilbert.',
      head: findHead(config.architectures),
      layers: config.n_layers,
      heads: config.n_heads,
      hidden: config.dim,
      feedForward: config.hidden_dim,
      vocabulary: config.vocab_size,
      positions: config.max_position_embeddings,
      tokenTypes: 0,
      labels: Object.keys(config.id2label).length,
      epsilon: 1e-12,
      names: {
        layer: (index) => `transformer.layer.${index}.`,
        query: 'attention.q_lin',
        key: 'attention.k_lin',
        value: 'attention.v_lin',
        attentionOutput: 'attention.out_lin',
        attentionNorm: 'sa_layer_norm',
        expand: 'ffn.lin1',
        contract: 'ffn.lin2',
        outputNorm: 'output_layer_norm',
      },
      pooler: { name: 'pre_classifier', activation: 'Relu' },
    }),
  );

const configSchema = z.union([bertSchema, distilbertSchema]);

/** Reads a config.json. Throws BAD_CHECKPOINT for what is neither BERT nor DistilBERT. */
export function plainEncoder(config: unknown): PlainEncoder {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new BenchError('BAD_CHECKPOINT', 'the benchmark exports BERT and DistilBERT only', {
    cause: parsed.error,
  });
}
