import { describe, expect, it } from 'vitest';
import { unsupportedParts } from '../../../../model-assets/toolchain/src/allennlp/models/index.ts';
import { floats, Numbers, runModule } from '../../../fixtures/allennlp-module.ts';

const MODEL = {
  type: 'basic_classifier',
  text_field_embedder: { token_embedders: { tokens: { type: 'embedding', embedding_dim: 4 } } },
  seq2vec_encoder: { type: 'lstm', input_size: 4, hidden_size: 2 },
};

describe('parameters', () => {
  it('are all supported in a plain classifier, with what only training reads', () => {
    const trained = { ...MODEL, dropout: 0.5, initializer: { regexes: [] } };
    expect(unsupportedParts(trained)).toEqual([]);
  });

  it('are named where they are not supported, and so are types, all at once', () => {
    const found = unsupportedParts({
      ...MODEL,
      seq2vec_encoder: { type: 'lstm', input_size: 4, hidden_size: 2, stateful: true },
      seq2seq_encoder: { type: 'compose', encoders: [{ type: 'mamba' }] },
      wings: 2,
    });
    expect(found).toEqual([
      expect.stringContaining('wings'),
      expect.stringMatching(/seq2seq_encoder\.encoders\.0.*'mamba' is not supported; those are: .*lstm/),
      expect.stringMatching(/seq2vec_encoder.*stateful/),
    ]);
  });

  it('of an activation with parameters of its own are refused', () => {
    const feedforward = { input_dim: 4, num_layers: 1, hidden_dims: 2, activations: 'prelu' };
    expect(unsupportedParts({ ...MODEL, feedforward })).toEqual([
      expect.stringMatching(/activations: "prelu" is not supported; activations are linear, relu/),
    ]);
  });
});

describe('tensors', () => {
  const feedforward = { input_dim: 3, num_layers: 1, hidden_dims: 2, activations: 'relu' };
  const build = (tensors: Parameters<typeof runModule>[2]) =>
    runModule('feedforward', feedforward, tensors, { x: floats([[1, 2, 3]]) }, (built) => built.apply('x'));

  it('of another shape than the parameters say are refused by name', async () => {
    const numbers = new Numbers(1);
    const tensors = { '_linear_layers.0.weight': numbers.tensor([2, 4]) };
    await expect(build(tensors)).rejects.toMatchObject({
      code: 'WEIGHTS_INVALID',
      message: expect.stringMatching(/_linear_layers\.0\.weight.*\[2,4\].*\[2,3\]/),
    });
  });

  it('that are missing are refused by name', async () => {
    await expect(build({})).rejects.toMatchObject({ code: 'WEIGHTS_INVALID' });
  });
});
