/** Graphs like Llama's against a forward pass in float64 that has no cache and shares no code with them. */
import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';
import { describe, expect, test } from 'vitest';
import { type Float64Model, forwardInFloat64 } from '../../support/generation/float64-forward.ts';
import { llamaShapes, randomWeights } from '../../support/generation/random-weights.ts';
import { hasGenerators, readReference, withCheckpoint } from '../../support/generation/references.ts';
import { StepRunner } from '../../support/generation/run-steps.ts';

const SHAPE = { hidden: 20, layers: 3, heads: 6, keyHeads: 2, dim: 8, inner: 28, vocabulary: 90 };
const CONFIG = {
  hidden_size: 20,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 8,
  intermediate_size: 28,
  vocab_size: 90,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 64,
};
const QUERIES = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];
const ALL = [...QUERIES, 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
const IDS = [7, 3, 3, 81, 0, 44, 12, 5, 5, 5, 60, 89, 2, 31, 77, 18, 9, 40];

function frequencies(channels: number, base: number, factor = 1): readonly number[] {
  return Array.from({ length: channels / 2 }, (_, pair) => base ** ((-2 * pair) / channels) / factor);
}

interface Variant {
  readonly title: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly model: Pick<Float64Model, 'tied' | 'frequencies'> & Partial<Float64Model>;
  readonly biased?: readonly string[];
  readonly headNorms?: boolean;
  readonly fused?: boolean;
}

const VARIANTS: readonly Variant[] = [
  {
    title: 'Llama with biases everywhere, linear scaling, and heads that are wider than the model',
    config: {
      model_type: 'llama',
      attention_bias: true,
      mlp_bias: true,
      rope_scaling: { type: 'linear', factor: 4 },
      rope_theta: 5000,
    },
    model: { tied: false, frequencies: frequencies(8, 5000, 4) },
    biased: ALL,
  },
  {
    title: 'Llama with tied embeddings in the style of release 5',
    config: {
      model_type: 'llama',
      tie_word_embeddings: true,
      rope_parameters: { rope_type: 'default', rope_theta: 300 },
    },
    model: { tied: true, frequencies: frequencies(8, 300) },
  },
  {
    title: 'Qwen 2 whose last layer has a window',
    config: { model_type: 'qwen2', use_sliding_window: true, sliding_window: 5, max_window_layers: 2 },
    model: {
      tied: false,
      frequencies: frequencies(8, 10_000),
      window: (layer) => (layer < 2 ? Number.POSITIVE_INFINITY : 5),
    },
    biased: QUERIES,
  },
  {
    title: 'Qwen 3 with a window in the layers that layer_types names',
    config: {
      model_type: 'qwen3',
      tie_word_embeddings: true,
      use_sliding_window: true,
      sliding_window: 3,
      layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'],
    },
    model: {
      tied: true,
      frequencies: frequencies(8, 10_000),
      window: (layer) => (layer === 1 ? Number.POSITIVE_INFINITY : 3),
    },
    headNorms: true,
  },
  {
    title: 'Phi-3 whose heads turn in half of their channels',
    config: { model_type: 'phi3', partial_rotary_factor: 0.5, sliding_window: 4 },
    model: { tied: false, frequencies: frequencies(4, 10_000), window: () => 4 },
    fused: true,
  },
];

test.each(VARIANTS)('$title scores tokens as a forward pass in float64', async (variant) => {
  const { tied } = variant.model;
  const shapes = llamaShapes({ ...SHAPE, tied, biased: variant.biased ?? [], headNorms: variant.headNorms });
  const weights = randomWeights(shapes);
  const built = buildGenerator({ ...CONFIG, ...variant.config }, variant.fused ? fuse(weights) : weights);
  expect(built.unused).toEqual([]);
  const runner = await StepRunner.open(built);
  const sequence = await runner.begin();
  const [prompt] = await runner.run([{ sequence, ids: IDS.slice(0, 11) }]);
  const [rest] = await runner.run([{ sequence, ids: IDS.slice(11) }]);
  await runner.close();
  const expected = forwardInFloat64({ ...SHAPE, epsilon: 1e-5, ...variant.model }, weights, IDS);
  for (const [token, { logits }] of [...(prompt ?? []), ...(rest ?? [])].entries()) {
    for (const [id, value] of logits.entries()) {
      expect(Math.abs(value - (expected[token]?.[id] ?? 0)), `token ${token}, id ${id}`).toBeLessThan(1e-4);
    }
  }
});

describe.skipIf(!hasGenerators)('the forward pass in float64 (skipped without ../shared/references)', () => {
  test.each(['llama', 'smollm', 'mistral', 'qwen3'])('has the logits of PyTorch for %s', (family) => {
    const reference = readReference(family).cases.find(({ id }) => id === 'greedy-1');
    const ids = reference?.input_ids?.[0] ?? [];
    const logits = withCheckpoint(family, (config, source) => {
      const number = (name: string) => Number(config[name]);
      const rope = (config.rope_parameters ?? config) as Record<string, unknown>;
      const window = number('sliding_window') || Number.POSITIVE_INFINITY;
      const model = {
        hidden: number('hidden_size'),
        layers: number('num_hidden_layers'),
        heads: number('num_attention_heads'),
        keyHeads: number('num_key_value_heads'),
        dim: number('head_dim'),
        inner: number('intermediate_size'),
        vocabulary: number('vocab_size'),
        epsilon: number('rms_norm_eps'),
        tied: config.tie_word_embeddings === true,
        frequencies: frequencies(number('head_dim'), Number(rope.rope_theta)),
        window: () => window,
      };
      return forwardInFloat64(model, withPrefix(source), ids).at(-1);
    });
    const best = reference?.step_top5?.[0]?.[0] ?? [];
    expect(best.length).toBe(5);
    for (const [id, score] of best) expect(logits?.[id]).toBeCloseTo(score, 4);
  });
});

/** A source whose names begin with `model.`, also where all of them did and it was left out. */
function withPrefix(source: WeightSource): WeightSource {
  const find = (name: string) => (source.shape(name) === undefined ? name.replace(/^model\./, '') : name);
  return {
    ...source,
    names: () => source.names(),
    shape: (name) => source.shape(find(name)),
    read: (name) => source.read(find(name)),
  };
}

/** Queries, keys and values as one tensor, and the two inner feed-forward layers as another, as Phi-3 has them. */
function fuse(source: WeightSource): WeightSource {
  const parts = (name: string): readonly string[] => {
    const [at = '', of = ''] = name.split(/\.(?=\w+_proj)/);
    if (of === 'qkv_proj.weight') return ['q', 'k', 'v'].map((part) => `${at}.${part}_proj.weight`);
    if (of === 'gate_up_proj.weight') return ['gate', 'up'].map((part) => `${at}.${part}_proj.weight`);
    return [name];
  };
  return {
    names: () => [],
    shape: (name) => {
      const shapes = parts(name).map((part) => source.shape(part));
      const [first] = shapes;
      if (first === undefined || shapes.length === 1) return first;
      return [shapes.reduce((sum, shape) => sum + (shape?.[0] ?? 0), 0), ...first.slice(1)];
    },
    read: (name) => Float32Array.from(parts(name).flatMap((part) => [...source.read(part)])),
  };
}
