/** Counts a text for whoever watches whether texts drift: numbers, and nothing of the text itself. */
import type { Reading } from '@pilotlight/model-format/drift';
import type { AnswerReading, Encoding, TokenRequest } from '../../ports.ts';
import { scriptOf } from './script.ts';

export type TextReading = Pick<Reading, 'tokens' | 'unknown' | 'script'>;

/** That of a task whose answers are not counted. */
export const NO_ANSWER: AnswerReading = {};

/** Puts both together, field by field: a spread takes longer than all the rest, and this is done for every text. */
export function joinReading(
  { tokens, unknown, script }: TextReading,
  { labels, confidence, entropy }: AnswerReading,
): Reading {
  return { tokens, unknown, script, labels, confidence, entropy };
}

/** Reads a request by its text and its first window; nothing where there is none. `unknownId` is the id of the unknown token. */
export function readText(
  request: TokenRequest | undefined,
  encoding: Encoding | undefined,
  unknownId: number | undefined,
): TextReading | undefined {
  if (!request || !encoding) return undefined;
  const { text, pair = '', ids } = request;
  return {
    tokens: encoding.untruncatedLength,
    unknown: unknownId === undefined ? undefined : count(encoding.ids, unknownId) / encoding.ids.length,
    script: ids ? undefined : scriptOf(pair.length > text.length ? pair : text),
  };
}

function count(ids: readonly number[], wanted: number): number {
  let found = 0;
  for (const id of ids) if (id === wanted) found += 1;
  return found;
}
