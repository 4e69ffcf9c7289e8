import * as z from 'zod/mini';
import type { TokenRequest } from '../ports.ts';

/** What tasks take that read one text by itself. */
export const oneText = z.string('must be a text');

/** A text, or two texts that the model reads as one sequence. */
export const textInput = z.union(
  [z.string(), z.strictObject({ text: z.string(), text_pair: z.optional(z.string()) })],
  'must be a text, or {"text": "...", "text_pair": "..."}',
);
export type TextInput = z.infer<typeof textInput>;

export function requestOf(input: TextInput): TokenRequest {
  if (typeof input === 'string') return { text: input };
  return { text: input.text, ...(input.text_pair !== undefined && { pair: input.text_pair }) };
}
