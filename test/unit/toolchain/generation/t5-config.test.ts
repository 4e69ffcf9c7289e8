import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { describe, expect, it } from 'vitest';
import { readT5Config } from '../../../../model-assets/toolchain/src/generation/graph/families/t5-config.ts';
import { sourceOf, TINY_T5, t5Tensors } from '../../../support/generation/t5-checkpoint.ts';

const T5 = { feedForward: 'relu', scalesTied: true };
const MT5 = { feedForward: 'gated-gelu', scalesTied: false };
const { feed_forward_proj: _, tie_word_embeddings: __, ...BARE } = TINY_T5;

describe('config.json of T5', () => {
  it.each([
    ['relu', 'relu', false],
    ['gated-gelu', 'gelu_new', true],
    ['gelu', 'gelu', false],
    ['gated-silu', 'silu', true],
    ['gated-relu', 'relu', true],
  ])('has by the feed-forward layer %s the activation %s', (feed_forward_proj, activation, isGated) => {
    expect(readT5Config({ ...BARE, feed_forward_proj }, T5)).toMatchObject({ activation, isGated });
  });

  it('of another family has another feed-forward layer where it says none', () => {
    expect(readT5Config(BARE, T5)).toMatchObject({ activation: 'relu', isGated: false });
    expect(readT5Config(BARE, MT5)).toMatchObject({ activation: 'gelu_new', isGated: true });
  });

  it('goes by what it says of the activation itself', () => {
    const said = { ...BARE, feed_forward_proj: 'gated-gelu', dense_act_fn: 'gelu', is_gated_act: true };
    expect(readT5Config(said, T5)).toMatchObject({ activation: 'gelu', isGated: true });
  });

  it.each([
    [{}, T5, true],
    [{ tie_word_embeddings: true }, T5, true],
    [{ tie_word_embeddings: false }, T5, false],
    // Release 5 says that all are tied, and this beside it.
    [{ tie_word_embeddings: true, scale_decoder_outputs: false }, T5, false],
    [{ tie_word_embeddings: false, scale_decoder_outputs: true }, T5, true],
    [{ tie_word_embeddings: true }, MT5, false],
  ])('with %j scales before the head or does not', (said, family, scales) => {
    const { outputScale } = readT5Config({ ...BARE, ...said }, family);
    expect(outputScale).toBeCloseTo(scales ? 1 / Math.sqrt(12) : 1, 12);
  });

  it('has as many decoder as encoder layers unless it says otherwise', () => {
    const layers = { ...BARE, num_layers: 3, num_decoder_layers: null };
    expect(readT5Config(layers, T5).decoderLayers).toBe(3);
  });

  it.each([
    [{ feed_forward_proj: 'gated-laplace' }, 'feed_forward_proj'],
    [{ num_heads: 0 }, 'num_heads'],
    [{ d_kv: undefined }, 'd_kv: is missing'],
    [{ relative_attention_num_buckets: 2 }, 'relative_attention_num_buckets'],
  ])('is refused with %j by the field', (changes, reason) => {
    expect(() => readT5Config({ ...BARE, ...changes }, T5)).toThrow(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});

describe('a checkpoint of T5', () => {
  const json = { ...TINY_T5, architectures: ['T5ForConditionalGeneration'] };

  it('may have its words several times, and distances that count nowhere, as old ones do', () => {
    const tensors = new Map(t5Tensors(TINY_T5, 3));
    const words = tensors.get('shared.weight');
    for (const copy of ['lm_head', 'encoder.embed_tokens', 'decoder.embed_tokens'])
      if (words) tensors.set(`${copy}.weight`, words);
    const unread = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';
    tensors.set(unread, { shape: [8, 3], values: new Float32Array(24) });
    const { unused, step } = buildGenerator(json, sourceOf(tensors));
    expect(unused).toEqual([]);
    expect(step.model.graph.initializer.filter(({ dims }) => dims[0] === TINY_T5.vocab_size)).toHaveLength(1);
  });

  it('names the tensors that its graphs have no use for', () => {
    const tensors = new Map(t5Tensors(TINY_T5, 3));
    tensors.set('classification_head.weight', { shape: [1], values: Float32Array.of(1) });
    expect(buildGenerator(json, sourceOf(tensors)).unused).toEqual(['classification_head.weight']);
  });

  it('has no longest source and no longest text', () => {
    const { decoder } = buildGenerator(json, sourceOf(t5Tensors(TINY_T5, 3)));
    expect(decoder).toEqual({ layers: 2, heads: 3, dim: 6, vocabSize: 40, cross: { heads: 3, dim: 6 } });
  });

  it.each(['longt5', 'umt5', 'switch_transformers'])('of type %s is refused by name', (model_type) => {
    expect(() => buildGenerator({ ...json, model_type }, sourceOf(t5Tensors(TINY_T5, 3)))).toThrow(
      expect.objectContaining({
        code: 'SOURCE_UNSUPPORTED',
        message: expect.stringContaining(`'${model_type}'`),
      }),
    );
  });
});
