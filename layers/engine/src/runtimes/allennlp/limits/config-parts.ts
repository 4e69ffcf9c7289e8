import type { Params } from '../text/text-archive.ts';

/** The objects in a section of a configuration, itself first. */
export function* partsOf(value: unknown): Generator<Params> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Params;
  for (const part of Object.values(value)) yield* partsOf(part);
}
