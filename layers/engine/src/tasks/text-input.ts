import * as z from 'zod/mini';
import type { TokenRequest } from '../ports.ts';

/** The input of tasks that read one text by itself. */
export const oneText = z.string('must be a text');

/** A text, or two texts that the model reads as one sequence. */
export const textInput = z.union(
  [z.string(), z.strictObject({ text: z.string(), text_pair: z.nullish(z.string()) })],
  'must be a text, or {"text": "...", "text_pair": "..."}',
);
export type TextInput = z.infer<typeof textInput>;

export function toTokenRequest(input: TextInput): TokenRequest {
  return typeof input === 'string'
    ? { text: input }
    : { text: input.text, pair: input.text_pair ?? undefined };
}
