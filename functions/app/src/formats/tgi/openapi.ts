/** The operations of text-generation-inference (TGI) as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { needs, type SentTo } from '../../openapi/fit.ts';
import { eventStream, posts } from '../../openapi/parts.ts';
import { modelParams } from '../../openapi/schemas.ts';
import { formatError } from './errors.ts';
import { generateRequest } from './requests.ts';

export const tags = { TGI: 'Texts in the format of text-generation-inference (TGI)' };
export const bodies = { GenerateRequest: generateRequest };

const finish_reason = z.enum(['eos_token', 'stop_sequence', 'length']);
const seed = z.int().nullable().meta({ description: 'By which the same text comes again' });
const token = z.object({ id: z.int(), text: z.string(), logprob: z.number(), special: z.boolean() });
const generated_text = z.string();
const sequence = z.object({
  finish_reason,
  generated_tokens: z.int(),
  seed,
  prefill: z
    .array(z.object({ id: z.int(), text: z.string(), logprob: z.number().nullable() }))
    .meta({ description: 'The tokens of the prompt, with `decoder_input_details`' }),
  tokens: z.array(token),
  top_tokens: z.array(z.array(token)).optional().meta({ description: 'With `top_n_tokens`' }),
});
const generateResponse = z
  .object({
    generated_text,
    details: sequence
      .extend({ best_of_sequences: z.array(sequence.extend({ generated_text })).optional() })
      .optional(),
  })
  .meta({ id: 'GenerateResponse' });
const streamEvent = z
  .object({
    index: z.int().meta({ description: 'From 1' }),
    token,
    top_tokens: z.array(token).optional(),
    generated_text: generated_text.nullable().meta({ description: 'In the last event' }),
    details: z
      .object({ finish_reason, generated_tokens: z.int(), seed, input_length: z.int() })
      .nullable()
      .meta({ description: 'In the last event' }),
  })
  .meta({ id: 'GenerateEvent' });
const tgiError = z
  .looseObject({ error: z.string(), error_type: z.string(), code: z.string() })
  .meta({ id: 'TgiError' });

const generates = (to: SentTo, answer: z.ZodType, params?: z.ZodObject) => ({
  ...posts({
    body: 'GenerateRequest',
    to,
    ...(params && { params }),
    answer,
    look: { format: formatError, schema: tgiError },
  }),
  ...needs('generation'),
});
const streams = (to: SentTo, params?: z.ZodObject) => eventStream(generates(to, streamEvent, params));

const NAMED: SentTo = { abilities: ['generation'] };
const BY_DEFAULT: SentTo = { ...NAMED, byDefault: true };

export const operations = {
  tgiGenerate: generates(NAMED, generateResponse, modelParams),
  tgiGenerateStream: streams(NAMED, modelParams),
  tgiDefaultGenerate: generates(BY_DEFAULT, generateResponse),
  tgiDefaultGenerateStream: streams(BY_DEFAULT),
};
