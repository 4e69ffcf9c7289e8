/** A checkpoint whose config.json is in the style of releases before 5 of transformers, or of those since, has the same graph. */
import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { encodeModel } from '@pilotlight/toolchain/internal/graph/onnx';
import { describe, expect, test } from 'vitest';
import { hasGenerators, withCheckpoint } from '../../support/generation/references.ts';

type Config = Readonly<Record<string, unknown>>;

const OLD = ['llama', 'llama3', 'smollm', 'qwen2', 'gemma', 'gemma2', 'phi3'];
const NEW = ['qwen3', 'mistral'];

function sameGraph(family: string, other: (config: Config) => Config): void {
  const [own, translated] = withCheckpoint(family, (config, weights) =>
    [config, other(config)].map((each) => encodeModel(buildGenerator(each, weights).step.model)),
  );
  expect(own !== undefined && translated !== undefined && Buffer.compare(own, translated)).toBe(0);
}

describe.skipIf(!hasGenerators)('config.json (skipped without ../shared/references)', () => {
  test.each(OLD)('of %s may be in the style of release 5', (family) => {
    sameGraph(family, ({ rope_theta, rope_scaling, torch_dtype, ...config }) => ({
      ...config,
      rope_parameters: { rope_type: 'default', rope_theta, ...(rope_scaling as Config | null) },
    }));
  });

  test.each(NEW)('of %s may be in the style before release 5', (family) => {
    sameGraph(family, ({ rope_parameters, dtype, ...config }) => ({
      ...config,
      rope_theta: (rope_parameters as Config).rope_theta,
      rope_scaling: null,
      torch_dtype: dtype,
    }));
  });

  test('of Gemma 3 may have its two bases in fields of their own, and a pattern in place of the kind of each layer', () => {
    sameGraph('gemma3', ({ rope_parameters, layer_types, ...config }) => ({
      ...config,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
      sliding_window_pattern: 3,
    }));
  });

  test('of Gemma 2 may leave out the kind of each layer', () => {
    sameGraph('gemma2', ({ layer_types, ...config }) => config);
  });

  test('of Gemma 1 may call its activation gelu and mean the approximation', () => {
    sameGraph('gemma', (config) => ({ ...config, hidden_act: 'gelu' }));
  });

  test('may leave out what the class has a default for', () => {
    sameGraph(
      'llama',
      ({ head_dim, rope_theta, rope_scaling, hidden_act, attention_bias, ...config }) => config,
    );
    sameGraph('gemma', ({ hidden_act, hidden_activation, rope_theta, ...config }) => config);
    sameGraph('phi3', ({ original_max_position_embeddings, partial_rotary_factor, ...config }) => config);
    sameGraph('gpt2', ({ n_inner, activation_function, layer_norm_epsilon, ...config }) => config);
    sameGraph('opt', ({ activation_function, do_layer_norm_before, ...config }) => config);
  });
});
