/**
 * Queue and batches in the text format of Prometheus, by the names of text-embeddings-inference. Answers and their times
 * are counted as in every service: functions/app/src/telemetry/prometheus.ts.
 */

import { gauge, Histogram } from '@pilotlight/app/internal/telemetry/prometheus-text';
import type { BatchRecord } from '@pilotlight/engine';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const LENGTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];
const TOKENS = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/** Values that are read at every scrape. */
export interface ServerGauges {
  /** Texts, or windows of them, that wait for a batch. */
  readonly queued: () => number;
  readonly inFlight: () => number;
  /** The execution provider that sessions run on. */
  readonly provider: () => string;
}

export class ServerMetrics {
  readonly #gauges: ServerGauges;
  readonly #length = new Histogram(LENGTHS);
  readonly #size = new Histogram(SIZES);
  readonly #tokens = new Histogram(TOKENS);

  constructor(gauges: ServerGauges) {
    this.#gauges = gauges;
  }

  ran({ model, version, size, tokens, lengths }: BatchRecord): void {
    const labels = { model, version };
    this.#size.observe(labels, size);
    this.#tokens.observe(labels, tokens);
    for (const length of lengths) this.#length.observe(labels, length);
  }

  render(): string {
    const { queued, inFlight, provider } = this.#gauges;
    const lines = [
      ...this.#length.render('te_request_input_length', 'Tokens of a text, or of a window of one.'),
      ...gauge('te_queue_size', 'Texts, or windows of them, that wait for a batch.', queued()),
      ...gauge('te_requests_in_flight', 'Requests that are not answered yet.', inFlight()),
      ...this.#size.render('te_batch_next_size', 'Texts, or windows of them, of a batch.'),
      ...this.#tokens.render('te_batch_next_tokens', 'Tokens of a batch, padding included.'),
      ...gauge('te_execution_provider', 'What sessions run on.', 1, { provider: provider() }),
    ];
    return `${lines.join('\n')}\n`;
  }
}
