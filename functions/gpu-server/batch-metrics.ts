/** Queue and batches in the text format of Prometheus, by the names of text-embeddings-inference. */
import type { BatchRecord } from '@pilotlight/engine';
import type { PredictionRecord, Telemetry } from '../shared/api/ports.ts';
import { gauge, Histogram } from '../shared/prometheus-text.ts';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const TOKENS = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/** What is asked at every scrape. */
export interface BatchGauges {
  /** Texts, or windows of them, that wait for a batch. */
  readonly queued: () => number;
  readonly inFlight: () => number;
}

export class BatchMetrics implements Telemetry {
  readonly #gauges: BatchGauges;
  readonly #size = new Histogram(SIZES);
  readonly #tokens = new Histogram(TOKENS);
  readonly #queue = new Histogram();
  readonly #inference = new Histogram();

  constructor(gauges: BatchGauges) {
    this.#gauges = gauges;
  }

  ran({ model, version, size, tokens }: BatchRecord): void {
    this.#size.observe({ model, version }, size);
    this.#tokens.observe({ model, version }, tokens);
  }

  answered(): void {}

  predicted({ model, version, timings }: PredictionRecord): void {
    this.#queue.observe({ model, version }, timings.queueMs / 1000);
    this.#inference.observe({ model, version }, timings.inferMs / 1000);
  }

  render(): string {
    const lines = [
      ...gauge('te_queue_size', 'Texts, or windows of them, that wait for a batch.', this.#gauges.queued()),
      ...gauge('te_requests_in_flight', 'Requests that are not answered yet.', this.#gauges.inFlight()),
      ...this.#size.render('te_batch_next_size', 'Texts, or windows of them, of a batch.'),
      ...this.#tokens.render('te_batch_next_tokens', 'Tokens of a batch, padding included.'),
      ...this.#queue.render('te_request_queue_duration', 'Seconds that a request waited for batches.'),
      ...this.#inference.render('te_request_inference_duration', 'Seconds that its batches ran.'),
    ];
    return `${lines.join('\n')}\n`;
  }
}
