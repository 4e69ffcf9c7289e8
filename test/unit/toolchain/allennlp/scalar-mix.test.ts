import { describe, expect, it } from 'vitest';
import { scalarMix } from '../../../../model-assets/toolchain/src/allennlp/modules/nodes/scalar-mix.ts';
import { flatten, floats, type Matrix, Numbers, runNodes } from '../../../fixtures/allennlp-module.ts';

const numbers = new Numbers(37);
const LAYERS = [0, 1].map(() => [numbers.matrix(3, 2), numbers.matrix(3, 2)]);
const LENGTHS = [3, 2];
const MASK = LENGTHS.map((length) => [0, 1, 2].map((token) => Number(token < length)));
const tensors = {
  gamma: { dims: [1], data: Float32Array.of(1.5) },
  'scalar_parameters.0': { dims: [1], data: Float32Array.of(0.2) },
  'scalar_parameters.1': { dims: [1], data: Float32Array.of(-0.7) },
};
const SHARES = [0.2, -0.7].map((score) => (1.5 * Math.exp(score)) / (Math.exp(0.2) + Math.exp(-0.7)));
const feeds = { first: floats(LAYERS[0] ?? []), second: floats(LAYERS[1] ?? []), mask: floats(MASK) };

/** All numbers of a text with a mean of 0 and a variance of 1. */
function normalise(text: Matrix): Matrix {
  const all = text.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  return text.map((row) => row.map((value) => (value - mean) / Math.sqrt(variance + 1e-13)));
}

const mix = (first: Matrix, second: Matrix) =>
  first.map((row, token) =>
    row.map((value, dim) => (SHARES[0] ?? 0) * value + (SHARES[1] ?? 0) * (second[token]?.[dim] ?? 0)),
  );

describe('the scalar mix', () => {
  it('sums layers by a softmax of its parameters, times gamma', async () => {
    const { values } = await runNodes(tensors, feeds, (scope) => scalarMix(scope, ['first', 'second']));
    const expected = flatten(LENGTHS.map((_, text) => mix(LAYERS[0]?.[text] ?? [], LAYERS[1]?.[text] ?? [])));
    for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 5);
  });

  it('normalises each text by itself first, whatever stands in the padding', async () => {
    const { values } = await runNodes(tensors, feeds, (scope) =>
      scalarMix(scope, ['first', 'second'], 'mask'),
    );
    for (const [text, length] of LENGTHS.entries()) {
      const [first, second] = LAYERS.map((layer) => normalise((layer[text] ?? []).slice(0, length)));
      for (const [index, value] of flatten(mix(first ?? [], second ?? [])).entries()) {
        expect(values[text * 6 + index]).toBeCloseTo(value, 4);
      }
    }
  });
});
