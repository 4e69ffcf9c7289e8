/** The memory that requests need until their end: it is known before they begin, so that whoever is let in never lacks it. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { UNUSED_ENTRIES } from '../graphs.ts';
import { entryBytes, GROWTH, roomFor } from './cache-layout.ts';
import type { TokenRequest } from './decoder-port.ts';
import { padLength } from './plan-chunks.ts';

/** What one request needs at most. */
export interface CacheNeed {
  /** Tokens of its step, by which it shares a cache. */
  readonly width: number;
  readonly entries: number;
  readonly sourceTokens: number;
}

export function needOf({ input, start, options }: TokenRequest): CacheNeed {
  const width = Math.max(options.numBeams, options.numReturnSequences);
  const entries = (start ?? input).length + width * (options.maxNewTokens + 1) + UNUSED_ENTRIES;
  return { width, entries, sourceTokens: start ? padLength(input.length) : 0 };
}

/** Bytes of the caches of these requests at their end, at most: all that share one have the room of the longest. */
export function bytesOf(needs: readonly CacheNeed[], facts: DecoderFacts): number {
  let bytes = 0;
  for (const alike of Map.groupBy(needs, ({ width }) => width).values()) {
    const entries = roomFor(Math.max(...alike.map((need) => need.entries)));
    const tokens = Math.max(...alike.map(({ sourceTokens }) => sourceTokens));
    bytes += alike.length * (entries * entryBytes(facts) + sourceBytes(tokens, facts));
  }
  return Math.ceil(bytes * GROWTH);
}

function sourceBytes(tokens: number, { layers, cross }: DecoderFacts): number {
  return cross ? tokens * entryBytes({ layers, ...cross }) : 0;
}
