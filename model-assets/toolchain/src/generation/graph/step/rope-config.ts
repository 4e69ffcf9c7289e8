/**
 * What config.json says of rotary embeddings: `rope_theta` and `rope_scaling` in the releases of transformers before 5, `rope_parameters`
 * since then. Defaults and precedence are those of its `RotaryEmbeddingConfigMixin`.
 */
import { z } from 'zod';
import { describeFault, ToolchainError } from '../../../errors.ts';

const positive = z.number().positive();

const settingsSchema = z.object({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.max(1).nullish(),
  factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  attention_factor: positive.nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  truncate: z.boolean().nullish(),
  short_factor: z.array(positive).nullish(),
});
type Settings = z.infer<typeof settingsSchema>;

const anySettings = z.record(z.string(), z.unknown()).nullish();

/** Fields of config.json that speak of rotary embeddings, in the one style and in the other. */
export const ropeFields = {
  rope_theta: positive.nullish(),
  rope_scaling: anySettings,
  rope_parameters: anySettings,
  partial_rotary_factor: positive.max(1).nullish(),
  original_max_position_embeddings: z.int().positive().nullish(),
};

export type RopeConfig = z.infer<z.ZodObject<typeof ropeFields>> & {
  readonly max_position_embeddings: number;
};

/** Settled parameters of a rotary embedding. */
export type RopeParameters = {
  readonly base: number;
  /** The share of the channels of a head that turn. */
  readonly partial: number;
  /** The longest sequence that has these frequencies. @default - any length has */
  readonly limit?: number;
} & (
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly low: number;
      readonly high: number;
      readonly original: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly original: number;
      /** Sines and cosines are multiplied by it. */
      readonly attention: number;
      readonly fast: number;
      readonly slow: number;
      readonly truncates: boolean;
    }
  | {
      readonly type: 'longrope';
      /** Of each pair of channels, in sequences up to `limit`. */
      readonly factors: readonly number[];
      readonly attention: number;
    }
);

const TYPES = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'];

/**
 * Settles the rotary embedding of a model. `dynamic` and `longrope` change with the length of a sequence: they are done as far as they
 * stay the same, and `limit` says how far.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED for another type, SOURCE_INVALID where a type lacks a field
 */
export function readRope(config: RopeConfig): RopeParameters {
  const { rope_scaling: scaling, rope_parameters: parameters } = config;
  const isScaled = Object.keys(scaling ?? {}).length > 0;
  return settleRope(config, (isScaled ? scaling : parameters) ?? {}, config.rope_theta ?? 10_000);
}

/**
 * Does the same for one kind of layers, out of its own part of config.json. `base` is the usual one of the kind.
 *
 * @throws ToolchainError as `readRope`
 */
export function settleRope(
  config: Omit<RopeConfig, 'rope_scaling' | 'rope_parameters' | 'rope_theta'>,
  part: Readonly<Record<string, unknown>>,
  base: number,
): RopeParameters {
  const settings = parseSettings(part);
  const longest = config.max_position_embeddings;
  const common = {
    base: settings.rope_theta ?? base,
    partial: settings.partial_rotary_factor ?? config.partial_rotary_factor ?? 1,
  };
  const original =
    config.original_max_position_embeddings ?? settings.original_max_position_embeddings ?? longest;
  const need = (field: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number =>
    settings[field] ?? refuseMissing(field, type);
  const type = settings.rope_type ?? settings.type ?? 'default';
  switch (type) {
    case 'default':
      return { ...common, type };
    case 'dynamic':
      return { ...common, type: 'default', limit: longest };
    case 'linear':
      return { ...common, type, factor: need('factor') };
    case 'llama3': {
      const [low, high] = [need('low_freq_factor'), need('high_freq_factor')];
      return { ...common, type, factor: need('factor'), low, high, original };
    }
    case 'yarn': {
      const factor = settings.factor ?? longest / original;
      const { beta_fast: fast, beta_slow: slow, truncate } = settings;
      const attention = settings.attention_factor ?? yarnAttention(factor, settings);
      return {
        ...common,
        type,
        factor,
        original,
        attention,
        fast: fast ?? 32,
        slow: slow ?? 1,
        truncates: truncate ?? true,
      };
    }
    case 'longrope': {
      const factors = settings.short_factor ?? refuseMissing('short_factor', type);
      const factor = settings.factor ?? longest / original;
      const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
      return { ...common, type, factors, attention: settings.attention_factor ?? usual, limit: original };
    }
    default:
      throw new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `config.json asks for rotary embeddings of type '${type}'; supported are ${TYPES.join(', ')}.`,
        { details: { type, supported: TYPES } },
      );
  }
}

function parseSettings(part: Readonly<Record<string, unknown>>): Settings {
  const result = settingsSchema.safeParse(part);
  if (result.success) return result.data;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `config.json is not supported: of its rotary embeddings, ${describeFault(part, result.error.issues[0])}.`,
    { details: { field: 'rope_parameters' } },
  );
}

function refuseMissing(field: string, type: string): never {
  throw new ToolchainError(
    'SOURCE_INVALID',
    `config.json has rotary embeddings of type '${type}' without their ${field}. Copy config.json of the original checkpoint.`,
    { details: { field } },
  );
}

/** By how much longer sequences sharpen attention, as the authors of YaRN found it. */
function yarnAttention(factor: number, { mscale, mscale_all_dim: everywhere }: Settings): number {
  const scale = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  return mscale && everywhere ? scale(mscale) / scale(everywhere) : scale(1);
}
