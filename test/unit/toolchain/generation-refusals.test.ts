import { buildGenerator, GENERATION_FAMILIES } from '@pilotlight/toolchain/internal/generation/graph/index';
import { describe, expect, test } from 'vitest';
import { llamaShapes, randomWeights } from '../../support/generation/random-weights.ts';

const SHAPE = { hidden: 8, layers: 1, heads: 2, keyHeads: 1, dim: 4, inner: 8, vocabulary: 12, tied: true };
const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 8,
  vocab_size: 12,
  max_position_embeddings: 32,
  tie_word_embeddings: true,
};
const WEIGHTS = randomWeights(llamaShapes(SHAPE));
const build = (changes: Readonly<Record<string, unknown>>) =>
  buildGenerator({ ...CONFIG, ...changes }, WEIGHTS);

describe('a checkpoint that generates text', () => {
  test('gives the facts of its decoder, and the inputs that its graph reads', () => {
    const { decoder, family, step, notes, unused } = build({});
    expect(family).toBe('llama');
    expect(decoder).toEqual({ layers: 1, heads: 1, dim: 4, vocabSize: 12, maxPositions: 32 });
    expect(Object.fromEntries(step.inputs.map(({ name, type }) => [name, type]))).toEqual({
      ids: 'int64',
      positions: 'int64',
      mask: 'float32',
      sizes: 'int64',
      'past.0.key': 'float32',
      'past.0.value': 'float32',
      rows: 'int64',
      bias: 'float32',
      top: 'int64',
    });
    expect(step.outputs.map(({ name }) => name)).toEqual(['scores', 'classes', 'logits', 'new']);
    expect([notes, unused]).toEqual([[], []]);
  });

  test('reads no mask but that of its window where all of its layers have one', () => {
    const { decoder, step } = build({
      model_type: 'mistral',
      architectures: ['MistralForCausalLM'],
      sliding_window: 5,
    });
    expect(decoder.window).toBe(5);
    const masks = step.inputs.map(({ name }) => name).filter((name) => name.startsWith('mask'));
    expect(masks).toEqual(['mask.window']);
  });

  test('has no window where that is as long as its longest sequence', () => {
    const config = { model_type: 'mistral', architectures: ['MistralForCausalLM'], sliding_window: 32 };
    expect(build(config).decoder.window).toBeUndefined();
  });

  test('tells which tensors it has no use for, but for those that are computed or there twice', () => {
    const more = {
      'lm_head.weight': [12, 8],
      'model.layers.0.self_attn.rotary_emb.inv_freq': [2],
      'model.layers.7.extra': [1],
    };
    const built = buildGenerator(CONFIG, randomWeights({ ...llamaShapes(SHAPE), ...more }));
    expect(built.unused).toEqual(['model.layers.7.extra']);
  });

  test('is cut to the positions that its rotary embeddings are the same for, and says so', () => {
    const long = { type: 'longrope', short_factor: [1, 1], long_factor: [2, 2] };
    const { decoder, notes } = build({ rope_scaling: long, original_max_position_embeddings: 16 });
    expect(decoder.maxPositions).toBe(16);
    expect(notes).toEqual([expect.stringMatching(/at most 16 of 32 tokens/)]);
  });
});

describe('refused by name is', () => {
  test('another family, with the list of those that there are', () => {
    const families = GENERATION_FAMILIES.map(({ modelType }) => modelType).join(', ');
    expect(() => build({ model_type: 'longt5' })).toThrow(
      expect.objectContaining({
        code: 'SOURCE_UNSUPPORTED',
        message: `Checkpoints of type 'longt5' do not generate text here; those that do are ${families}.`,
      }),
    );
  });

  test.each([
    [{ architectures: ['LlamaForSequenceClassification'] }, 'LlamaForSequenceClassification'],
    [{ model_type: 'gemma3', text_config: {} }, 'text_config'],
    [{ quantization_config: { quant_method: 'gptq' } }, 'quantization_config'],
    [{ rope_scaling: { rope_type: 'mrope', factor: 2 } }, "'mrope'"],
  ])('%j', (changes, named) => {
    expect(() => build(changes)).toThrow(
      expect.objectContaining({ code: 'SOURCE_UNSUPPORTED', message: expect.stringContaining(named) }),
    );
  });

  test.each([
    [{ hidden_size: undefined }, 'hidden_size: is missing'],
    [{ hidden_act: 'laplace' }, 'hidden_act'],
    [{ num_key_value_heads: 3 }, 'must divide num_attention_heads'],
    [{ hidden_size: 9 }, 'must divide hidden_size'],
    [{ head_dim: 5 }, 'head_dim: must be even'],
    [{ rope_scaling: { rope_type: 'linear' } }, 'linear'],
    [{ rope_scaling: { rope_type: 'llama3', factor: 2, high_freq_factor: 4 } }, 'low_freq_factor'],
    [{ rope_scaling: { rope_type: 'linear', factor: 'two' } }, 'factor'],
    [{ rope_scaling: { rope_type: 'longrope', short_factor: [1], long_factor: [1] } }, 'short_factor'],
  ])('config.json with %j', (changes, named) => {
    expect(() => build(changes)).toThrow(
      expect.objectContaining({ code: 'SOURCE_INVALID', message: expect.stringContaining(named) }),
    );
  });

  test.each([
    [{ vocab_size: 13 }, 'embed_tokens'],
    [{ tie_word_embeddings: false }, 'lm_head.weight'],
    [{ attention_bias: true }, 'q_proj.bias'],
  ])('config.json with %j, which the weights do not fit', (changes, named) => {
    expect(() => build(changes)).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_INVALID', message: expect.stringContaining(named) }),
    );
  });
});
