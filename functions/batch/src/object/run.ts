import { createHash } from 'node:crypto';

/**
 * The name of a run: a hash of everything that the output depends on. Two runs of the same name write the same bytes,
 * so that either can go on from the parts of the other.
 */
export function runName(ingredients: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(ingredients).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(entries));
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
