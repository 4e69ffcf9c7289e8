/** What the app tells its telemetry: a request that was answered, and a prediction. */
import type { Exchange, PredictionRecord } from '../../../functions/app/src/serve/ports.ts';

export const exchange = (changes: Partial<Exchange> = {}): Exchange => ({
  route: 'teiEmbed',
  predicts: true,
  model: 'encoder',
  version: '1.0.0',
  status: 200,
  code: '',
  ms: 250,
  ...changes,
});

export const record = (changes: Partial<PredictionRecord> = {}): PredictionRecord => ({
  model: 'encoder',
  version: '1.0.0',
  variant: 'int8',
  route: 'teiEmbed',
  inputs: 3,
  timings: { tokenizeMs: 1, queueMs: 20, inferMs: 300, postprocessMs: 4000 },
  totalMs: 4321,
  tokens: { total: 50, padded: 7, truncated: 2 },
  ...changes,
});
