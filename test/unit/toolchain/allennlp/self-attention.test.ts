import { describe, expect, it } from 'vitest';
import {
  flatten,
  floats,
  type Matrix,
  Numbers,
  runModule,
  type Tensors,
} from '../../../fixtures/allennlp-module.ts';

const DIM = 4;
const HEADS = 2;
const MIDDLE = 5;

const numbers = new Numbers(23);
const X = [numbers.matrix(3, DIM), numbers.matrix(3, DIM)];
const LENGTHS = [3, 2];
const MASK = LENGTHS.map((length) => Array.from({ length: 3 }, (_, token) => Number(token < length)));
const FEEDS = { x: floats(X), mask: floats(MASK) };

const layer = (name: string, inputs: number, outputs: number): Tensors => ({
  [`${name}.weight`]: numbers.tensor([outputs, inputs]),
  [`${name}.bias`]: numbers.tensor([outputs]),
});
const norm = (name: string): Tensors => ({
  [`${name}.gamma`]: numbers.tensor([DIM]),
  [`${name}.beta`]: numbers.tensor([DIM]),
});
const attentionTensors = (at: string): Tensors => ({
  ...layer(`${at}_combined_projection`, DIM, 3 * DIM),
  ...layer(`${at}_output_projection`, DIM, DIM),
});

function linear(tensors: Tensors, name: string, x: Matrix): number[][] {
  const weight = tensors[`${name}.weight`];
  const columns = weight?.dims[1] ?? 0;
  return x.map((row) =>
    Array.from({ length: weight?.dims[0] ?? 0 }, (_, output) =>
      row.reduce(
        (sum, value, input) => sum + value * (weight?.data[output * columns + input] ?? 0),
        tensors[`${name}.bias`]?.data[output] ?? 0,
      ),
    ),
  );
}

/** AllenNLP's MultiHeadSelfAttention over a text without padding. */
function selfAttention(tensors: Tensors, at: string, x: Matrix): number[][] {
  const projected = linear(tensors, `${at}_combined_projection`, x);
  const width = DIM / HEADS;
  const part = (row: readonly number[], kind: number, head: number) =>
    row.slice(kind * DIM + head * width, kind * DIM + (head + 1) * width);
  const attended = projected.map((row) =>
    Array.from({ length: HEADS }, (_, head) => {
      const query = part(row, 0, head);
      const weights = projected.map((other) => {
        const key = part(other, 1, head);
        return Math.exp(
          query.reduce((sum, value, index) => sum + value * (key[index] ?? 0), 0) / Math.sqrt(width),
        );
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Array.from({ length: width }, (_, dim) =>
        projected.reduce(
          (sum, other, index) => sum + ((weights[index] ?? 0) / total) * (part(other, 2, head)[dim] ?? 0),
          0,
        ),
      );
    }).flat(),
  );
  return linear(tensors, `${at}_output_projection`, attended);
}

function layerNorm(tensors: Tensors, name: string, x: Matrix): number[][] {
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / DIM;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DIM);
    return row.map(
      (value, dim) =>
        ((tensors[`${name}.gamma`]?.data[dim] ?? 0) * (value - mean)) / deviation +
        (tensors[`${name}.beta`]?.data[dim] ?? 0),
    );
  });
}

const add = (a: Matrix, b: Matrix) =>
  a.map((row, index) => row.map((value, dim) => value + (b[index]?.[dim] ?? 0)));

/** Half sines, half cosines, of timescales 1 and 10,000 for 4 dimensions. */
const withPositions = (x: Matrix) =>
  add(
    x,
    x.map((_, position) => [
      Math.sin(position),
      Math.sin(position / 10_000),
      Math.cos(position),
      Math.cos(position / 10_000),
    ]),
  );

function expectTexts(values: readonly number[], expected: (text: Matrix) => Matrix) {
  for (const [batch, length] of LENGTHS.entries()) {
    const flat = flatten(expected((X[batch] ?? []).slice(0, length)));
    const start = batch * 3 * DIM;
    for (const [index, value] of flat.entries()) expect(values[start + index]).toBeCloseTo(value, 4);
  }
}

describe('self attention', () => {
  it('multi_head_self_attention looks at the tokens of a text alone', async () => {
    const tensors = attentionTensors('');
    const params = {
      type: 'multi_head_self_attention',
      num_heads: HEADS,
      input_dim: DIM,
      attention_dim: DIM,
      values_dim: DIM,
    };
    const { values } = await runModule('seq2seq_encoder', params, tensors, FEEDS, (encoder) =>
      encoder.encode('x', 'mask'),
    );
    expectTexts(values, (text) => selfAttention(tensors, '', text));
  });

  it('stacked_self_attention adds and normalises a feedforward, then attention', async () => {
    const tensors: Tensors = {
      ...layer('feedforward_0._linear_layers.0', DIM, MIDDLE),
      ...layer('feedforward_0._linear_layers.1', MIDDLE, DIM),
      ...norm('feedforward_layer_norm_0'),
      ...attentionTensors('self_attention_0.'),
      ...norm('layer_norm_0'),
    };
    const params = {
      type: 'stacked_self_attention',
      input_dim: DIM,
      hidden_dim: DIM,
      projection_dim: DIM,
      feedforward_hidden_dim: MIDDLE,
      num_layers: 1,
      num_attention_heads: HEADS,
    };
    const { values } = await runModule('seq2seq_encoder', params, tensors, FEEDS, (encoder) =>
      encoder.encode('x', 'mask'),
    );
    expectTexts(values, (text) => {
      const positioned = withPositions(text);
      const expanded = linear(tensors, 'feedforward_0._linear_layers.0', positioned).map((row) =>
        row.map((value) => Math.max(value, 0)),
      );
      const forwarded = linear(tensors, 'feedforward_0._linear_layers.1', expanded);
      const normed = layerNorm(tensors, 'feedforward_layer_norm_0', add(forwarded, positioned));
      const attended = selfAttention(tensors, 'self_attention_0.', normed);
      return layerNorm(tensors, 'layer_norm_0', add(attended, normed));
    });
  });
});
