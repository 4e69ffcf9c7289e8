import { describe, expect, it } from 'vitest';
import type { Head } from '../../../model-assets/toolchain/src/graph/architecture.ts';
import { architectureFor } from '../../../model-assets/toolchain/src/graph/architectures.ts';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import type { WeightSource } from '../../../model-assets/toolchain/src/graph/weights.ts';
import { checkpointTensors, FAMILIES, type Family, SHAPES } from '../../fixtures/checkpoints.ts';

const LABELS = ['a', 'b', 'c'];
const BERT_CONFIG = {
  ...{ vocab_size: 1000, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ intermediate_size: 64, max_position_embeddings: 64, hidden_act: 'gelu', layer_norm_eps: 1e-12 },
};
const ROBERTA_CONFIG = { ...BERT_CONFIG, type_vocab_size: 1, pad_token_id: 1 };
const CONFIGS: Readonly<Record<Family, Readonly<Record<string, unknown>>>> = {
  bert: { ...BERT_CONFIG, type_vocab_size: 2 },
  distilbert: {
    ...{ vocab_size: 1000, dim: 32, n_layers: 2, n_heads: 4, hidden_dim: 64, activation: 'gelu' },
    max_position_embeddings: 64,
  },
  roberta: ROBERTA_CONFIG,
  'xlm-roberta': ROBERTA_CONFIG,
  camembert: ROBERTA_CONFIG,
  mpnet: BERT_CONFIG,
};
const PREFIXES: Readonly<Partial<Record<Family, string>>> = {
  ...{ 'xlm-roberta': 'roberta.', camembert: 'roberta.' },
};
/** The last layer of a classifier of texts. */
const CLASSIFIERS: Readonly<Partial<Record<Family, string>>> = {
  ...{ bert: 'classifier', distilbert: 'classifier' },
};

type Tensors = Map<string, { shape: readonly number[]; values: Float32Array }>;

function tensorsOf(family: Family): Tensors {
  const tensors = checkpointTensors({
    family,
    head: 'sequence-classification',
    shape: SHAPES.tiny,
    labels: LABELS,
  });
  return new Map(tensors.map((tensor) => [tensor.name, { shape: tensor.shape, values: tensor.values() }]));
}

function sourceOf(tensors: Tensors): WeightSource {
  return {
    names: () => tensors.keys(),
    shape: (name) => tensors.get(name)?.shape,
    read: (name) => tensors.get(name)?.values.slice() ?? new Float32Array(0),
  };
}

function build(
  family: Family,
  tensors: Tensors,
  { head = 'sequence-classification' as Head, config = {} } = {},
) {
  const built = architectureFor(family).build(
    { ...CONFIGS[family], ...config },
    sourceOf(tensors),
    head,
    LABELS.length,
  );
  return { ...built, bytes: Buffer.from(encodeModel(built.model)) };
}

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

describe.each<Family>(FAMILIES)('a %s checkpoint', (family) => {
  it('gives the same graph with and without the prefix of the base model', () => {
    const tensors = tensorsOf(family);
    const bare = renamed(tensors, (name) => name.replace(PREFIXES[family] ?? `${family}.`, ''));
    expect(build(family, bare).bytes).toEqual(build(family, tensors).bytes);
  });

  it('gives the same graph every time', () => {
    expect(build(family, tensorsOf(family)).bytes).toEqual(build(family, tensorsOf(family)).bytes);
  });

  it('lists the tensors that nobody needs', () => {
    const extra = { shape: [1], values: new Float32Array(1) };
    const tensors = new Map([
      ...tensorsOf(family),
      ['cls.seq_relationship.bias', extra],
      ['embeddings.position_ids', extra],
    ]);
    expect(build(family, tensors).unused).toEqual(['cls.seq_relationship.bias', 'embeddings.position_ids']);
  });

  it('is refused by the name of the tensor that is missing', () => {
    const tensors = tensorsOf(family);
    const [name = ''] = [...tensors.keys()].filter((key) => /layer\.1.*norm\.weight$/i.test(key));
    tensors.delete(name);
    expect(() => build(family, tensors)).toThrow(`The checkpoint has no tensor '${name}'`);
  });

  it('is refused by the name of the tensor whose shape is another, with both shapes', () => {
    const tensors = tensorsOf(family);
    const name = `${CLASSIFIERS[family] ?? 'classifier.out_proj'}.weight`;
    tensors.set(name, { shape: [2, 32], values: new Float32Array(64) });
    expect(() => build(family, tensors)).toThrow(
      `'${name}' has shape [2,32], but config.json makes it [3,32]`,
    );
  });

  it('is refused before memory is taken for a size that config.json claims', () => {
    const config = { [family === 'distilbert' ? 'hidden_dim' : 'intermediate_size']: 2 ** 40 };
    expect(() => build(family, tensorsOf(family), { config })).toThrow(
      /has shape \[64,32\], but config.json/,
    );
  });

  it('computes only the first token after the attention of the last layer, and only for a classifier of texts', () => {
    const opTypes = (head: Head) =>
      build(family, tensorsOf(family), { head }).model.graph.node.map(({ name }) => name);
    expect(opTypes('sequence-classification')).toContain('layer.1/first');
    expect(opTypes('sequence-classification')).not.toContain('layer.0/first');
    expect(opTypes('none')).not.toContain('layer.1/first');
  });

  it('projects query, key and value by one product of constant weights', () => {
    const { graph } = build(family, tensorsOf(family), { head: 'none' }).model;
    const weights = graph.initializer.filter(({ name }) => name.endsWith('query_key_value.weight'));
    expect(weights.map(({ dims }) => dims)).toEqual([
      [32, 96],
      [32, 96],
    ]);
  });
});

describe('config.json', () => {
  it('reads the names that TensorFlow gave to layer normalisation', () => {
    const old = renamed(tensorsOf('bert'), (name) =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    expect(build('bert', old).bytes).toEqual(build('bert', tensorsOf('bert')).bytes);
  });

  it.each([
    [{ position_embedding_type: 'relative_key' }, /position_embedding_type/],
    [{ hidden_act: 'mish' }, /hidden_act/],
    [{ is_decoder: true }, /is_decoder/],
    [{ hidden_size: undefined }, /hidden_size/],
    [{ hidden_size: 33 }, /num_attention_heads: must divide hidden_size/],
  ])('is refused by the field that is not supported: %j', (config, message) => {
    expect(() => build('bert', tensorsOf('bert'), { config })).toThrow(message);
  });

  it.each([
    ['roberta', { position_embedding_type: 'relative_key' }, /position_embedding_type/],
    ['xlm-roberta', { pad_token_id: -1 }, /pad_token_id/],
    ['mpnet', { relative_attention_num_buckets: 64 }, /relative_attention_num_buckets/],
    ['mpnet', { hidden_size: 33 }, /num_attention_heads: must divide hidden_size/],
  ] as const)('of %s is refused by the field that is not supported: %j', (family, config, message) => {
    expect(() => build(family, tensorsOf(family), { config })).toThrow(message);
  });

  it.each([
    ['roberta', {}, 62],
    ['roberta', { pad_token_id: 0 }, 63],
    ['mpnet', { pad_token_id: 0 }, 62],
    ['bert', {}, 64],
  ] as const)(
    'of %s says how long a text may be: positions less those up to the padding (%j)',
    (family, config, maxTokens) => {
      expect(build(family, tensorsOf(family), { config }).maxTokens).toBe(maxTokens);
    },
  );

  it('of an unknown family is refused with the list of those that are known', () => {
    expect(() => architectureFor('mamba')).toThrow(
      "type 'mamba' are not supported; supported are bert, distilbert, roberta, xlm-roberta, camembert, mpnet",
    );
  });
});
