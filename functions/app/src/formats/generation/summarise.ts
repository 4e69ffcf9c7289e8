import type { Prediction } from '@pilotlight/engine';
import type { GenerationRecord } from '../../serve/ports.ts';
import { generationsOf } from './generations.ts';

/** What telemetry is told of generated texts. */
export function summarise(prediction: Prediction): GenerationRecord {
  const { decoding = [], timings } = prediction;
  const generations = generationsOf(prediction);
  const sequences = generations.flatMap((generation) => generation.sequences);
  return {
    promptTokens: sumOf(generations.map(({ promptTokens }) => promptTokens)),
    newTokens: sumOf(sequences.map(({ tokens }) => tokens.length)),
    seeds: generations.flatMap(({ seed = [] }) => seed),
    finishReasons: sequences.map(({ finishReason }) => finishReason),
    pace: decoding.map(({ queueMs, prefillMs, decodeMs, steps }) => ({
      firstTokenMs: timings.tokenizeMs + queueMs + prefillMs,
      tokenMs: decodeMs / Math.max(1, steps - 1),
    })),
    prefixes: {
      hits: decoding.filter(({ prefixTokens }) => prefixTokens > 0).length,
      tokens: sumOf(decoding.map(({ prefixTokens }) => prefixTokens)),
    },
  };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
