/** What the layers of each family are called in its checkpoints, and what differs between them. */
export interface Layout {
  readonly base: string;
  readonly layer: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
  readonly hasTypes: boolean;
  /** The id of the padding, where positions count from the one after it. */
  readonly padding?: number;
  /** A table of 32 buckets for each head. */
  readonly relativeBias?: string;
  readonly sequence: {
    readonly pool: string;
    readonly poolActivation: 'tanh' | 'relu';
    readonly classifier: string;
  };
  readonly languageModel: {
    readonly transform: string;
    /** Where it is not that of config.json. */
    readonly activation?: string;
    readonly norm: string;
    readonly decoder: string;
    readonly bias: string;
  };
}

const BERT: Layout = {
  base: 'bert.',
  layer: 'encoder.layer.',
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  intermediate: 'intermediate.dense',
  output: 'output.dense',
  outputNorm: 'output.LayerNorm',
  hasTypes: true,
  sequence: { pool: 'bert.pooler.dense', poolActivation: 'tanh', classifier: 'classifier' },
  languageModel: {
    transform: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    bias: 'cls.predictions.bias',
  },
};

const DISTILBERT: Layout = {
  base: 'distilbert.',
  layer: 'transformer.layer.',
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  intermediate: 'ffn.lin1',
  output: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
  hasTypes: false,
  sequence: { pool: 'pre_classifier', poolActivation: 'relu', classifier: 'classifier' },
  languageModel: {
    transform: 'vocab_transform',
    norm: 'vocab_layer_norm',
    decoder: 'vocab_projector',
    bias: 'vocab_projector.bias',
  },
};

const ROBERTA: Layout = {
  ...BERT,
  base: 'roberta.',
  padding: 1,
  sequence: { pool: 'classifier.dense', poolActivation: 'tanh', classifier: 'classifier.out_proj' },
  languageModel: {
    transform: 'lm_head.dense',
    activation: 'gelu',
    norm: 'lm_head.layer_norm',
    decoder: 'lm_head.decoder',
    bias: 'lm_head.bias',
  },
};

const MPNET: Layout = {
  ...ROBERTA,
  base: 'mpnet.',
  query: 'attention.attn.q',
  key: 'attention.attn.k',
  value: 'attention.attn.v',
  attentionOutput: 'attention.attn.o',
  attentionNorm: 'attention.LayerNorm',
  hasTypes: false,
  relativeBias: 'encoder.relative_attention_bias.weight',
};

export const LAYOUTS: Readonly<Record<string, Layout>> = {
  bert: BERT,
  distilbert: DISTILBERT,
  roberta: ROBERTA,
  'xlm-roberta': ROBERTA,
  camembert: ROBERTA,
  mpnet: MPNET,
};
