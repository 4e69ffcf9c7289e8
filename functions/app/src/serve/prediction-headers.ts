import { findChecksum } from '@pilotlight/model-format';
import type { PredictionRecord, ServedModel } from './ports.ts';

/** Digits of the checksum that answers carry: enough to tell packages apart, short enough to compare by eye. */
const CHECKSUM_DIGITS = 12;

/** Headers with the model, stage times and token counts of a prediction, by TEI's names, in milliseconds with fractions. */
export function predictionHeaders(record: PredictionRecord): Record<string, string> {
  const { tokenizeMs, queueMs, inferMs, postprocessMs } = record.timings;
  const { total, padded, truncated } = record.tokens;
  return {
    ...headersOf(record, record.checksum),
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

/** Headers with the model alone: of an answer that begins before anything else is known. */
export function modelHeaders({ manifest, variantName: variant }: ServedModel): Record<string, string> {
  const { name: model, version } = manifest;
  return headersOf({ model, version, variant }, findChecksum(manifest));
}

function headersOf(
  { model, version, variant }: Pick<PredictionRecord, 'model' | 'version' | 'variant'>,
  checksum: string | undefined,
): Record<string, string> {
  return {
    'x-pilotlight-model': model,
    'x-pilotlight-version': version,
    'x-pilotlight-variant': variant,
    ...(checksum && { 'x-pilotlight-checksum': checksum.slice(0, CHECKSUM_DIGITS) }),
  };
}
