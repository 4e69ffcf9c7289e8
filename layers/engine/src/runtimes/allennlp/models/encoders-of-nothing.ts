/** Which encoders of sequences take a text without tokens, as AllenNLP has them. */
import * as z from 'zod/mini';
import { namedParams, parseParams } from '../text/params.ts';

/** Recurrent encoders and convolutions raise in torch. */
const ENCODERS_OF_NOTHING = [
  'bidirectional_language_model_transformer',
  'pass_through',
  'feedforward',
  'pytorch_transformer',
  'multi_head_self_attention',
  'stacked_self_attention',
];
const compose = z.object({ encoders: z._default(z.array(z.unknown()), []) });

/** @throws EngineError PACKAGE_INVALID that names `path`, for what is no encoder */
export function encodesNothing(encoder: unknown, path: string): boolean {
  const { type, params } = namedParams(encoder, '', path);
  if (type !== 'compose') return ENCODERS_OF_NOTHING.includes(type);
  return parseParams(compose, params, path).encoders.every((each) => encodesNothing(each, path));
}
