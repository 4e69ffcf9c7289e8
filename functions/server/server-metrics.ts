/**
 * Requests, queue and batches in the text format of Prometheus, by the names of text-embeddings-inference. The times of stages
 * are those of every service: functions/app/src/telemetry/prometheus.ts.
 */

import type { Exchange, Telemetry } from '@pilotlight/app/internal/serve/ports';
import { routes } from '@pilotlight/app/internal/routes';
import { Counter, gauge, Histogram } from '@pilotlight/app/internal/telemetry/prometheus-text';
import type { BatchRecord } from '@pilotlight/engine';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const LENGTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];
const TOKENS = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
/** Who answers by them runs a model. */
const PREDICTING = new Set(['Predictions', 'OpenAI', 'TEI', 'Open Inference', 'SageMaker']);

/** What is asked at every scrape. */
export interface ServerGauges {
  /** Texts, or windows of them, that wait for a batch. */
  readonly queued: () => number;
  readonly inFlight: () => number;
  /** The execution provider that sessions run on. */
  readonly provider: () => string;
}

export class ServerMetrics implements Telemetry {
  readonly #gauges: ServerGauges;
  readonly #requests = new Counter();
  readonly #successes = new Counter();
  readonly #failures = new Counter();
  readonly #duration = new Histogram();
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

  answered({ route: method, model, status, code, ms }: Exchange): void {
    if (!isPrediction(method)) return;
    this.#requests.add({ method, model, status });
    if (status >= 400) {
      this.#failures.add({ method, model, err: code });
      return;
    }
    this.#successes.add({ method, model });
    this.#duration.observe({ method, model }, ms / 1000);
  }

  render(): string {
    const { queued, inFlight, provider } = this.#gauges;
    const lines = [
      ...this.#requests.render('te_request_count', 'Predictions asked for, by the status of their answers.'),
      ...this.#successes.render('te_request_success', 'Predictions made.'),
      ...this.#failures.render(
        'te_request_failure',
        'Predictions refused or failed, by the code of the error.',
      ),
      ...this.#duration.render(
        'te_request_duration',
        'Seconds from the head of a request to its prediction.',
      ),
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

function isPrediction(route: Exchange['route']): boolean {
  return route !== 'unmatched' && routes[route].method === 'post' && PREDICTING.has(routes[route].tag);
}
