/** What a text has alone it has in every batch, whatever stands in the padding. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, integers, Numbers, runModule, type Tensors } from '../../../fixtures/allennlp-module.ts';

const DIM = 8;
const LONGEST = 5;

type Shapes = Readonly<Record<string, readonly number[]>>;

const layer = (name: string, inputs: number, outputs: number): Shapes => ({
  [`${name}.weight`]: [outputs, inputs],
  [`${name}.bias`]: [outputs],
});
const gamma = (name: string): Shapes => ({ [`${name}.gamma`]: [DIM], [`${name}.beta`]: [DIM] });
const norm = (name: string): Shapes => ({ [`${name}.weight`]: [DIM], [`${name}.bias`]: [DIM] });
const merge = (...shapes: readonly Shapes[]): Shapes => Object.assign({}, ...shapes);

const transformer = (at: string): Shapes =>
  merge(
    ...[0, 1, 2, 3].map((index) => layer(`${at}.layers.0.self_attn.linears.${index}`, DIM, DIM)),
    layer(`${at}.layers.0.feed_forward.w_1`, DIM, 6),
    layer(`${at}.layers.0.feed_forward.w_2`, 6, DIM),
    gamma(`${at}.layers.0.sublayer.0.norm`),
    gamma(`${at}.layers.0.sublayer.1.norm`),
    gamma(`${at}.norm`),
  );

const ENCODERS: readonly (readonly [string, Readonly<Record<string, unknown>>, Shapes])[] = [
  [
    'pytorch_transformer',
    {
      input_dim: DIM,
      num_layers: 1,
      feedforward_hidden_dim: 6,
      num_attention_heads: 2,
      positional_encoding: 'sinusoidal',
    },
    merge(
      {
        '_transformer.layers.0.self_attn.in_proj_weight': [3 * DIM, DIM],
        '_transformer.layers.0.self_attn.in_proj_bias': [3 * DIM],
      },
      layer('_transformer.layers.0.self_attn.out_proj', DIM, DIM),
      layer('_transformer.layers.0.linear1', DIM, 6),
      layer('_transformer.layers.0.linear2', 6, DIM),
      norm('_transformer.layers.0.norm1'),
      norm('_transformer.layers.0.norm2'),
    ),
  ],
  [
    'bidirectional_language_model_transformer',
    { input_dim: DIM, hidden_dim: 6, num_layers: 1 },
    merge(transformer('_forward_transformer'), transformer('_backward_transformer')),
  ],
  [
    'augmented_lstm',
    { input_size: DIM, hidden_size: 3, go_forward: false },
    {
      '_module.cell.input_linearity.weight': [18, DIM],
      '_module.cell.input_linearity.bias': [18],
      '_module.cell.state_linearity.weight': [15, 3],
      '_module.cell.state_linearity.bias': [15],
    },
  ],
  [
    'compose',
    {
      encoders: [
        { type: 'augmented_lstm', input_size: DIM, hidden_size: 3, use_highway: false },
        {
          type: 'feedforward',
          feedforward: { input_dim: 3, num_layers: 1, hidden_dims: 4, activations: 'tanh' },
        },
        { type: 'pass_through', input_dim: 4 },
      ],
    },
    merge(
      {
        'encoder0._module.cell.input_linearity.weight': [12, DIM],
        'encoder0._module.cell.input_linearity.bias': [12],
        'encoder0._module.cell.state_linearity.weight': [12, 3],
        'encoder0._module.cell.state_linearity.bias': [12],
      },
      layer('encoder1._feedforward._linear_layers.0', 3, 4),
    ),
  ],
];

describe.each(ENCODERS)('%s', (type, params, shapes) => {
  const encode = (tensors: Tensors, x: number[][][], lengths: readonly number[]) =>
    runModule(
      'seq2seq_encoder',
      { type, ...params },
      tensors,
      {
        x: floats(x),
        mask: floats(lengths.map((length) => x[0]?.map((_, token) => Number(token < length)) ?? [])),
      },
      (encoder) => encoder.encode('x', 'mask'),
    );

  it('gives a text in a batch what it has alone', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: LONGEST }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 1000 }), async (ofTexts, seed) => {
        const numbers = new Numbers(seed);
        const tensors = Object.fromEntries(
          Object.entries(shapes).map(([name, dims]) => [name, numbers.tensor(dims)]),
        );
        const x = ofTexts.map(() => numbers.matrix(LONGEST, DIM));
        const batch = await encode(tensors, x, ofTexts);
        const width = batch.dims[2] ?? 0;
        for (const [index, length] of ofTexts.entries()) {
          const alone = await encode(tensors, [(x[index] ?? []).slice(0, length)], [length]);
          const start = index * LONGEST * width;
          for (const [at, value] of alone.values.entries()) {
            expect(batch.values[start + at]).toBeCloseTo(value, 4);
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('elmo_token_embedder', () => {
  const at = '_elmo._elmo_lstm';
  const lstm = (direction: string): Shapes => ({
    [`${at}._elmo_lstm.${direction}_layer_0.input_linearity.weight`]: [12, 4],
    [`${at}._elmo_lstm.${direction}_layer_0.state_linearity.weight`]: [12, 4],
    [`${at}._elmo_lstm.${direction}_layer_0.state_linearity.bias`]: [12],
    [`${at}._elmo_lstm.${direction}_layer_0.state_projection.weight`]: [4, 3],
  });
  const shapes = merge(
    { [`${at}._token_embedder._char_embedding_weights`]: [262, 2] },
    {
      [`${at}._token_embedder.char_conv_0.weight`]: [5, 2, 3],
      [`${at}._token_embedder.char_conv_0.bias`]: [5],
    },
    layer(`${at}._token_embedder._highways._layers.0`, 5, 10),
    layer(`${at}._token_embedder._projection`, 5, 4),
    lstm('forward'),
    lstm('backward'),
    { '_elmo.scalar_mix_0.gamma': [1] },
    { '_elmo.scalar_mix_0.scalar_parameters.0': [1], '_elmo.scalar_mix_0.scalar_parameters.1': [1] },
  );
  const numbers = new Numbers(31);
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => [name, numbers.tensor(dims)]),
  );
  /** The 50 ids of a word of one byte; zeros for padding. */
  const word = (byte: number) =>
    Array.from({ length: 50 }, (_, place) => (byte === 0 ? 0 : ([259, byte, 260][place] ?? 261)));
  const embed = (texts: readonly (readonly number[])[]) =>
    runModule(
      'token_embedder',
      'elmo_token_embedder',
      tensors,
      { 'tokens.elmo.elmo_tokens': integers(texts.map((bytes) => bytes.map(word))) },
      (embedder) => embedder.embed('tokens.elmo', ['batch', 'tokens']).vectors ?? '',
    );

  it('gives a text in a batch what it has alone, and zeros in the padding', async () => {
    const long = await embed([[70, 80, 90]]);
    const short = await embed([[75]]);
    const batch = await embed([
      [75, 0, 0],
      [70, 80, 90],
    ]);
    const expected = [...short.values, ...new Array<number>(16).fill(0), ...long.values];
    expect(batch.values).toHaveLength(expected.length);
    for (const [index, value] of expected.entries()) expect(batch.values[index]).toBeCloseTo(value, 5);
  });
});
