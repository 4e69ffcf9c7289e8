/** Graphs whose AllenNLP counterparts depend on the padding of a batch: here a text has the answer that it has alone. */
import * as ort from 'onnxruntime-node';
import { assert, describe, expect, it } from 'vitest';
import { buildGraphs } from '../../../../model-assets/toolchain/src/allennlp/models/index.ts';
import { encodeModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  archiveOf,
  flatten,
  floats,
  Numbers,
  runModule,
  type Tensors,
} from '../../../fixtures/allennlp-module.ts';

const WIDTH = 4;
const FEATURE = 2;

describe('qanet_encoder', () => {
  const params = {
    type: 'qanet_encoder',
    input_dim: WIDTH,
    hidden_dim: WIDTH,
    attention_projection_dim: WIDTH,
    feedforward_hidden_dim: WIDTH,
    num_blocks: 1,
    num_convs_per_block: 2,
    conv_kernel_size: 3,
    num_attention_heads: 2,
  };
  const numbers = new Numbers(5);
  const block = '_encoder_blocks.0';
  const vectors = (name: string, dims: readonly number[]) => [
    [`${block}.${name}.weight`, numbers.tensor(dims)],
    [`${block}.${name}.bias`, numbers.tensor([dims[0] ?? 0])],
  ];
  const tensors: Tensors = Object.fromEntries(
    [
      ...[0, 1].flatMap((layer) => [
        ...vectors(`_conv_norm_layers.${layer}`, [WIDTH]),
        ...vectors(`_conv_layers.${layer}.1`, [WIDTH, 1, 3]),
        ...vectors(`_conv_layers.${layer}.2`, [WIDTH, WIDTH, 1]),
      ]),
      ...vectors('attention_norm_layer', [WIDTH]),
      ...vectors('attention_layer._combined_projection', [3 * WIDTH, WIDTH]),
      ...vectors('attention_layer._output_projection', [WIDTH, WIDTH]),
      ...vectors('feedforward_norm_layer', [WIDTH]),
      ...vectors('feedforward._linear_layers.0', [WIDTH, WIDTH]),
      ...vectors('feedforward._linear_layers.1', [WIDTH, WIDTH]),
    ].map(([name, tensor]) => [name, tensor]),
  );
  const encode = (x: number[][][], mask: number[][], options = {}) =>
    runModule(
      'seq2seq_encoder',
      { ...params, ...options },
      tensors,
      { x: floats(x), mask: floats(mask) },
      (encoder) => encoder.encode('x', 'mask'),
    );

  it('counts a later layer for less, by how often training left it out', async () => {
    const zeros = Object.entries(tensors).map(([name, { dims, data }]) => [
      name,
      { dims, data: new Float32Array(data.length) },
    ]);
    const filled = (name: string, value: number) => [
      `${block}.${name}.bias`,
      { dims: [WIDTH], data: new Float32Array(WIDTH).fill(value) },
    ];
    const outputs = [
      filled('_conv_layers.0.2', 1),
      filled('_conv_layers.1.2', 2),
      filled('attention_layer._output_projection', 10),
      filled('feedforward._linear_layers.1', 100),
    ];
    const encoded = await runModule(
      'seq2seq_encoder',
      { ...params, use_positional_encoding: false, layer_dropout_undecayed_prob: 0.4 },
      Object.fromEntries([...zeros, ...outputs]),
      { x: floats([[[0, 1, 2, 3]]]), mask: floats([[1]]) },
      (encoder) => encoder.encode('x', 'mask'),
    );
    // What AllenNLP gives: the input + 0.9 x 1 + 0.8 x 2 + 0.7 x 10 + 0.6 x 100.
    for (const [dim, expected] of [69.5, 70.5, 71.5, 72.5].entries()) {
      expect(encoded.values[dim]).toBeCloseTo(expected, 4);
    }
  });

  it('gives a text in a batch the vectors that it has alone', async () => {
    const short = numbers.matrix(3, WIDTH);
    const long = numbers.matrix(6, WIDTH);
    const padded = [...short, ...numbers.matrix(3, WIDTH)];
    const alone = await encode([short], [[1, 1, 1]]);
    const batch = await encode(
      [long, padded],
      [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
      ],
    );
    const inBatch = batch.values.slice(6 * WIDTH, 9 * WIDTH);
    for (const [index, value] of alone.values.entries()) expect(inBatch[index]).toBeCloseTo(value, 5);
  });

  // What AllenNLP gives for these tensors.
  it.each([
    [{}, [-0.330817, -1.86346, -1.540796, 7.615336, 0.935491, -0.111057, -2.654771, 7.096792]],
    [
      { layer_dropout_undecayed_prob: 0.5 },
      [-0.105533, -1.542095, -0.373782, 6.224111, 1.203516, 0.142774, -1.50793, 5.63194],
    ],
  ])('makes sublayers smaller by the chance that training leaves them out: %o', async (options, expected) => {
    const x = [
      [0.5, -1, 0.25, 2],
      [1, 0, -0.5, 0.75],
    ];
    const { values } = await encode([x], [[1, 1]], options);
    for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 4);
  });
});

describe('coref', () => {
  const spanDim = 3 * WIDTH + FEATURE;
  const model = (options: object) => ({
    type: 'coref',
    text_field_embedder: {
      token_embedders: { tokens: { type: 'embedding', num_embeddings: 40, embedding_dim: WIDTH } },
    },
    context_layer: { type: 'pass_through', input_dim: WIDTH },
    mention_feedforward: { input_dim: spanDim, num_layers: 1, hidden_dims: 5, activations: 'tanh' },
    antecedent_feedforward: {
      input_dim: 3 * spanDim + FEATURE,
      num_layers: 1,
      hidden_dims: 5,
      activations: 'tanh',
    },
    feature_size: FEATURE,
    max_span_width: 3,
    spans_per_word: 0.4,
    max_antecedents: 3,
    ...options,
  });
  const numbers = new Numbers(9);
  const linear = (name: string, outputs: number, inputs: number) => [
    [`${name}.weight`, numbers.tensor([outputs, inputs])],
    [`${name}.bias`, numbers.tensor([outputs])],
  ];
  const tensors: Tensors = Object.fromEntries(
    [
      ['_text_field_embedder.token_embedder_tokens.weight', numbers.tensor([40, WIDTH])],
      ['_endpoint_span_extractor._span_width_embedding.weight', numbers.tensor([3, FEATURE])],
      ['_distance_embedding.weight', numbers.tensor([10, FEATURE])],
      ...linear('_attentive_span_extractor._global_attention._module', 1, WIDTH),
      ...linear('_mention_feedforward._module._linear_layers.0', 5, spanDim),
      ...linear('_mention_scorer._module', 1, 5),
      ...linear('_antecedent_feedforward._module._linear_layers.0', 5, 3 * spanDim + FEATURE),
      ...linear('_antecedent_scorer._module', 1, 5),
      ...linear('_coarse2fine_scorer', spanDim, spanDim),
      ...linear('_span_updating_gated_sum._gate', 1, 2 * spanDim),
    ].map(([name, tensor]) => [name, tensor]),
  );

  /** The kept spans of a document and the antecedent of each, out of a batch that pads to these lengths. */
  const run = async (options: object, documents: readonly number[][]) => {
    const { model: graph } = buildGraphs(archiveOf(tensors), model(options));
    assert(graph);
    const session = await ort.InferenceSession.create(encodeModel(graph.model), { intraOpNumThreads: 1 });
    const tokens = Math.max(...documents.map(({ length }) => length));
    const spansOf = (length: number) =>
      Array.from({ length }, (_, start) =>
        [0, 1, 2].filter((more) => start + more < length).map((more) => [start, start + more]),
      ).flat();
    const spans = Math.max(...documents.map(({ length }) => spansOf(length).length));
    const pad = (values: readonly number[], length: number, value: number) =>
      [...values, ...new Array<number>(length).fill(value)].slice(0, length);
    const ids = documents.flatMap((document) => pad(document, tokens, 0));
    const ends = documents.flatMap(({ length }) => pad(flatten(spansOf(length)), 2 * spans, -1));
    const batch = documents.length;
    const results = await session.run({
      'text.tokens.tokens': new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [batch, tokens]),
      spans: new ort.Tensor('int64', BigInt64Array.from(ends, BigInt), [batch, spans, 2]),
    });
    const rows = (name: string, row: number) => {
      const { data = [], dims = [] } = results[name] ?? {};
      const size = data.length / (dims[0] ?? 1);
      return Array.from(data, Number).slice(row * size, (row + 1) * size);
    };
    return documents.map(({ length }, row) => {
      const kept = Math.floor(0.4 * length);
      const looksAt = (results.antecedent_indices?.dims ?? [])[2] ?? 0;
      const indices = rows('antecedent_indices', row);
      return {
        spans: rows('top_spans', row).slice(0, 2 * kept),
        antecedents: rows('predicted_antecedents', row)
          .slice(0, kept)
          .map((place, mention) => (place < 0 ? undefined : indices[mention * looksAt + place])),
      };
    });
  };
  const document = (length: number, seed: number) =>
    Array.from({ length }, (_, index) => 1 + ((seed * 7 + index * index * 3) % 39));
  const documents = [document(5, 1), document(24, 2), document(3, 3), document(12, 4)];

  it.each([
    ['the nearest antecedents', {}],
    ['antecedents by a coarse score, and a second order', { coarse_to_fine: true, inference_order: 2 }],
  ])('finds in a document of a batch the mentions that it has alone: %s', async (_, options) => {
    const batch = await run(options, documents);
    for (const [index, each] of documents.entries()) {
      const [alone] = await run(options, [each]);
      expect(batch[index]).toEqual(alone);
    }
  });

  it('keeps spans in the order of the document, and antecedents before their mentions', async () => {
    const [, found] = await run({ coarse_to_fine: true }, documents);
    const spans = found?.spans ?? [];
    expect(spans).toHaveLength(2 * Math.floor(0.4 * 24));
    const starts = spans.filter((_, index) => index % 2 === 0);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    for (const [mention, antecedent] of (found?.antecedents ?? []).entries()) {
      if (antecedent !== undefined) expect(antecedent).toBeLessThan(mention);
    }
    expect(found?.antecedents.some((antecedent) => antecedent !== undefined)).toBe(true);
  });
});
