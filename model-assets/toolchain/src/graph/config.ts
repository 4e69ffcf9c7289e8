import { z } from 'zod';
import { describeFault, ToolchainError } from '../errors.ts';
import { ACTIVATIONS, type EncoderConfig } from './encoder.ts';

/** Parts of the schemas of config.json that families share. */
export const size = z.int().positive();
export const activation = z.enum(ACTIVATIONS);

/** The fields of the encoder in the config.json of BERT and of the families that took its code over. */
export const bertFields = {
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  intermediate_size: size,
  hidden_act: activation.default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  max_position_embeddings: size,
  is_decoder: z.literal(false).default(false),
};
type BertConfig = z.infer<z.ZodObject<typeof bertFields>>;

export const headsDivideHidden = (config: BertConfig): boolean =>
  config.hidden_size % config.num_attention_heads === 0;
export const HEADS_MUST_DIVIDE = { path: ['num_attention_heads'], message: 'must divide hidden_size' };

export function encoderConfig(config: BertConfig): EncoderConfig {
  return {
    hidden: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    feedForward: config.intermediate_size,
    activation: config.hidden_act,
    epsilon: config.layer_norm_eps,
  };
}

/** Parses config.json with the schema of its family. Throws SOURCE_INVALID naming the first field that does not fit. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, config: unknown): z.infer<Schema> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `config.json is not supported: ${describeFault(config, issue)}.`,
    { details: { field: issue?.path.join('.') || 'config.json' } },
  );
}
