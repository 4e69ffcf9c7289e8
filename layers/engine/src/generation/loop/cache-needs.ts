/** The memory that requests need until their end: it is known before they begin, so that whoever is let in never lacks it. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { UNUSED_ENTRIES } from '../graphs.ts';
import type { ActiveRequest } from './active-request.ts';
import { entryBytes, roomFor } from './cache-layout.ts';
import { padLength } from './plan-chunks.ts';

/** What one request needs at most. */
export interface CacheNeed {
  /** Tokens of its step, by which it shares a cache. */
  readonly width: number;
  readonly entries: number;
  readonly sourceTokens: number;
}

export function needOf({ request, search: { width } }: Pick<ActiveRequest, 'request' | 'search'>): CacheNeed {
  const { input, start, options } = request;
  const prompt = (start ?? input).length;
  const entries = prompt + width * (options.maxNewTokens + 1) + UNUSED_ENTRIES;
  return { width, entries, sourceTokens: start ? padLength(input.length) : 0 };
}

/** Bytes of the caches of these requests at their end: all that share one have the room of the longest. */
export function bytesOf(needs: readonly CacheNeed[], facts: DecoderFacts): number {
  let bytes = 0;
  for (const alike of Map.groupBy(needs, ({ width }) => width).values()) {
    const entries = roomFor(Math.max(...alike.map((need) => need.entries)), facts.dim);
    const tokens = Math.max(...alike.map(({ sourceTokens }) => sourceTokens));
    bytes += alike.length * (entries * entryBytes(facts) + sourceBytes(tokens, facts));
  }
  return bytes;
}

function sourceBytes(tokens: number, { layers, cross }: DecoderFacts): number {
  return cross ? roomFor(tokens, cross.dim) * entryBytes({ layers, ...cross }) : 0;
}

/** @throws EngineError TOO_MUCH_WORK */
export function refuseMoreBytes(need: CacheNeed, facts: DecoderFacts, maxBytes: number): void {
  const bytes = bytesOf([need], facts);
  if (bytes <= maxBytes) return;
  const megabytes = (value: number): number => Math.ceil(value / 2 ** 20);
  throw new EngineError(
    'TOO_MUCH_WORK',
    `The call may need ${megabytes(bytes)} MB of memory for what it has read; ${megabytes(maxBytes)} MB are there. Ask for fewer tokens (max_new_tokens) or beams, or give the engine more (generationCacheBytes).`,
    { details: { cacheBytes: bytes, maxCacheBytes: maxBytes } },
  );
}
