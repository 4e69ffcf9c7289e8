/** What is counted of a text, for whoever watches whether texts drift: numbers, and nothing of the text itself. */
import type { Reading } from '@pilotlight/model-format/drift';
import type { Encoding, TokenRequest } from '../../ports.ts';
import { scriptOf } from './script.ts';

/** Reads a request by its text and its first window; nothing where there is none. `unknownId` is the id of the unknown token. */
export function readText(
  request: TokenRequest | undefined,
  encoding: Encoding | undefined,
  unknownId: number | undefined,
): Pick<Reading, 'tokens' | 'unknown' | 'script'> | undefined {
  if (!request || !encoding) return undefined;
  const { text, pair = '', ids } = request;
  return {
    tokens: encoding.untruncatedLength,
    ...(unknownId !== undefined && { unknown: count(encoding.ids, unknownId) / encoding.ids.length }),
    ...(ids === undefined && { script: scriptOf(pair.length > text.length ? pair : text) }),
  };
}

function count(ids: readonly number[], wanted: number): number {
  let found = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i] === wanted) found += 1;
  return found;
}
