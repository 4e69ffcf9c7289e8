/** The JSON that AllenNLP's predictors read, checked before anything runs. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { Token } from '../text/token.ts';

/** Reads an input by its schema; keys that the schema does not know are left alone, as predictors do. @throws EngineError INVALID_INPUT */
export function parseInput<T>(schema: z.ZodMiniType<T>, input: unknown, field: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path, reason } = locateFault(issue);
  throw invalidInput([field, ...path.map(String)].join('.'), reason);
}

/** `reason` follows the name of the field, without a full stop. */
export function invalidInput(field: string, reason: string): EngineError {
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}

const word = z.union(
  [
    z.string(),
    z.object({
      text: z.string(),
      pos: z.optional(z.string()),
      tag: z.optional(z.string()),
      dep: z.optional(z.string()),
      lemma: z.optional(z.string()),
    }),
  ],
  'must be a word, or {"text": "...", "pos": "...", "tag": "...", "dep": "..."}',
);
const sentence = z.object({ sentence: z.string() });
const words = z.object({ tokens: z.array(word) });

export interface SentenceInput {
  /** `sentence` or `tokens`, by which errors name the words. */
  readonly key: 'sentence' | 'tokens';
  readonly sentence?: string;
  /** The words, where they were given. */
  readonly tokens?: readonly Token[];
}

/**
 * Reads `{"sentence": "..."}`, or words in its place: `{"tokens": ["...", {"text": "...", "pos": "NOUN", "tag": "NN"}]}`.
 *
 * @throws EngineError INVALID_INPUT that names the key
 */
export function readSentenceInput(input: unknown, field: string): SentenceInput {
  if (typeof input === 'object' && input !== null && 'tokens' in input) {
    const { tokens } = parseInput(words, input, field);
    return {
      key: 'tokens',
      tokens: tokens.map((token) => (typeof token === 'string' ? { text: token } : token)),
    };
  }
  return { key: 'sentence', ...parseInput(sentence, input, field) };
}
