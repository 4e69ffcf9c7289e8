/** config.json of BART and of the families that took its code over, as transformers reads it. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../../graph/config.ts';
import type { Activation } from '../../../graph/encoder.ts';

const schema = z
  .object({
    vocab_size: size,
    /** Of a decoder with words of its own: Marian. */
    decoder_vocab_size: size.nullish(),
    d_model: size,
    encoder_layers: size,
    encoder_attention_heads: size,
    encoder_ffn_dim: size,
    decoder_layers: size,
    decoder_attention_heads: size,
    decoder_ffn_dim: size,
    activation_function: activation.default('gelu'),
    max_position_embeddings: size,
    scale_embedding: z.boolean().default(false),
    share_encoder_decoder_embeddings: z.boolean().default(true),
  })
  .refine((config) => config.d_model % config.encoder_attention_heads === 0, {
    path: ['encoder_attention_heads'],
    message: 'must divide d_model',
  })
  .refine((config) => config.d_model % config.decoder_attention_heads === 0, {
    path: ['decoder_attention_heads'],
    message: 'must divide d_model',
  });

/** The layers of the encoder or of the decoder. */
export interface BartPart {
  readonly part: 'encoder' | 'decoder';
  readonly words: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
}

export interface BartConfig {
  readonly width: number;
  readonly encoder: BartPart;
  readonly decoder: BartPart;
  readonly activation: Activation;
  readonly positions: number;
  /** Multiplies the embeddings of words. */
  readonly wordScale: number;
}

/** @throws ToolchainError SOURCE_INVALID */
export function readBartConfig(json: unknown): BartConfig {
  const config = parseConfig(schema, json);
  const { share_encoder_decoder_embeddings: shares, decoder_vocab_size: decoderWords } = config;
  return {
    width: config.d_model,
    encoder: {
      part: 'encoder',
      words: config.vocab_size,
      layers: config.encoder_layers,
      heads: config.encoder_attention_heads,
      feedForward: config.encoder_ffn_dim,
    },
    decoder: {
      part: 'decoder',
      words: shares ? config.vocab_size : (decoderWords ?? config.vocab_size),
      layers: config.decoder_layers,
      heads: config.decoder_attention_heads,
      feedForward: config.decoder_ffn_dim,
    },
    activation: config.activation_function,
    positions: config.max_position_embeddings,
    wordScale: config.scale_embedding ? Math.sqrt(config.d_model) : 1,
  };
}
