import type { PredictionRecord } from '../../serve/ports.ts';
import { predictionHeaders } from '../inference-headers.ts';

/** The headers of TGI: those that it has in common with TEI, and the counts and the pace of its tokens, in whole milliseconds. */
export function generationHeaders(
  record: PredictionRecord,
  characters: number,
  computeType: 'cpu' | 'gpu',
): Record<string, string> {
  const { promptTokens = 0, newTokens = 0, pace: [pace] = [] } = record.generation ?? {};
  return {
    ...predictionHeaders(record, characters, computeType),
    'x-prompt-tokens': String(promptTokens),
    'x-generated-tokens': String(newTokens),
    ...(pace && { 'x-time-per-token': String(Math.round(pace.tokenMs)) }),
  };
}
