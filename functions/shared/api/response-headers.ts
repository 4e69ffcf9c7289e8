import type { PredictionRecord } from './ports.ts';

/** Stage times and token counts of a prediction: TEI's names, milliseconds with their fractions. */
export function predictionHeaders(record: PredictionRecord): Record<string, string> {
  const { tokenizeMs, queueMs, inferMs, postprocessMs } = record.timings;
  return {
    'x-pilotlight-model': record.model,
    'x-pilotlight-version': record.version,
    'x-compute-tokens': String(record.tokens.total),
    'x-tokenization-time': tokenizeMs.toFixed(3),
    'x-queue-time': queueMs.toFixed(3),
    'x-inference-time': inferMs.toFixed(3),
    'x-total-time': record.totalMs.toFixed(3),
    'server-timing': `tokenize;dur=${tokenizeMs.toFixed(3)}, queue;dur=${queueMs.toFixed(3)}, infer;dur=${inferMs.toFixed(3)}, postprocess;dur=${postprocessMs.toFixed(3)}`,
  };
}
