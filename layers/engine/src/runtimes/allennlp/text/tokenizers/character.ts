import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { define } from '../registry.ts';
import type { Token } from '../token.ts';
import { plainTokenizer } from './tokenizer.ts';

const marks = z.nullish(z.array(z.union([z.string(), z.int()])));

export const characterSchema = z.strictObject({
  /** Bytes in the place of characters: their ids are the bytes + 1. */
  byte_encoding: z.nullish(z.enum(['utf-8', 'utf8', 'UTF-8'])),
  lowercase_characters: z._default(z.boolean(), false),
  start_tokens: marks,
  end_tokens: marks,
});
export type CharacterOptions = z.infer<typeof characterSchema>;

/** One token for each character, or byte, white space included; tokens have no offsets. */
export const character = define({
  type: 'character',
  schema: characterSchema,
  open: (options) => plainTokenizer('character', splitCharacters(options)),
});

/** The tokens of a text; start and end tokens stand at 0, as in AllenNLP. */
export function splitCharacters(options: CharacterOptions): (text: string) => Token[] {
  const toMark = (mark: string | number): Token =>
    typeof mark === 'number' ? { text: '', textId: mark, idx: 0 } : { text: mark, idx: 0 };
  const start = (options.start_tokens ?? []).map(toMark);
  const end = (options.end_tokens ?? []).map(toMark);
  const split = options.byte_encoding ? splitBytes : splitPoints;
  return (text) => [...start, ...split(options.lowercase_characters ? text.toLowerCase() : text), ...end];
}

const splitPoints = (text: string): Token[] => Array.from(text, (point) => ({ text: point }));

function splitBytes(text: string): Token[] {
  if (!text.isWellFormed()) {
    throw new EngineError('INVALID_INPUT', 'The text has half of a surrogate pair, which has no bytes.');
  }
  return Array.from(Buffer.from(text, 'utf8'), (byte) => ({ text: '', textId: byte + 1 }));
}
