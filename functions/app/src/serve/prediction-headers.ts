import type { PredictionRecord } from './ports.ts';

/** Digits of the checksum that answers carry: enough to tell packages apart, short enough to compare by eye. */
const CHECKSUM_DIGITS = 12;

/** Headers with the model, stage times and token counts of a prediction, by TEI's names, in milliseconds with fractions. */
export function predictionHeaders(record: PredictionRecord): Record<string, string> {
  const { tokenizeMs, queueMs, inferMs, postprocessMs } = record.timings;
  const { total, padded, truncated } = record.tokens;
  return {
    'x-pilotlight-model': record.model,
    'x-pilotlight-version': record.version,
    ...(record.checksum && { 'x-pilotlight-checksum': record.checksum.slice(0, CHECKSUM_DIGITS) }),
    ...(record.cached !== undefined && { 'x-pilotlight-cache': record.cached ? 'hit' : 'miss' }),
    'x-compute-tokens': String(total),
    'x-padded-tokens': String(padded),
    'x-truncated-tokens': String(truncated),
    'x-tokenization-time': tokenizeMs.toFixed(3),
    'x-queue-time': queueMs.toFixed(3),
    'x-inference-time': inferMs.toFixed(3),
    'x-total-time': record.totalMs.toFixed(3),
    'server-timing': `tokenize;dur=${tokenizeMs.toFixed(3)}, queue;dur=${queueMs.toFixed(3)}, infer;dur=${inferMs.toFixed(3)}, postprocess;dur=${postprocessMs.toFixed(3)}`,
  };
}
