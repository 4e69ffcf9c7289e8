/** Counts and times of this process, as /metrics shows them; those of stages by the names of text-embeddings-inference. */
import type { HandOverRecord } from '../serve/hand-over-port.ts';
import type { Exchange, PredictionRecord, Telemetry } from '../serve/ports.ts';
import type { RolloutRecord } from '../serve/rollout-port.ts';
import { GenerationMetrics } from './generation-metrics.ts';
import { Counter, gauge, Histogram } from './prometheus-text.ts';
import { RolloutMetrics } from './rollout-metrics.ts';
import { TeiMetrics } from './tei-metrics.ts';

/** Metrics of one process: telemetry goes in, the text of /metrics comes out. */
export class PrometheusMetrics implements Telemetry {
  readonly #loaded: () => number;
  readonly #requests = new Counter();
  readonly #predictions = new Counter();
  readonly #successes = new Counter();
  readonly #failures = new Counter();
  readonly #predictionDuration = new Histogram();
  readonly #inputs = new Counter();
  readonly #tokens = new Counter();
  readonly #padding = new Counter();
  readonly #duration = new Histogram();
  readonly #tokenization = new Histogram();
  readonly #queue = new Histogram();
  readonly #inference = new Histogram();
  readonly #postprocess = new Histogram();
  readonly #handedOver = new Counter();
  readonly #cacheHits = new Counter();
  readonly #cacheMisses = new Counter();
  readonly #tei = new TeiMetrics();
  readonly #generation = new GenerationMetrics();
  readonly #rollout = new RolloutMetrics();
  readonly #answerCache: () => { readonly bytes: number; readonly answers: number } | undefined;
  #circuitOpen: boolean | undefined;

  /** Both are asked at every scrape; `answerCache` gives nothing where no answers are kept. */
  constructor(
    loadedModels: () => number,
    answerCache: () => { readonly bytes: number; readonly answers: number } | undefined = () => undefined,
  ) {
    this.#loaded = loadedModels;
    this.#answerCache = answerCache;
  }

  answered(exchange: Exchange): void {
    const { route, predicts, model, version, status, code, ms } = exchange;
    this.#tei.answered(exchange);
    this.#requests.add({ route, model, version, status, code });
    this.#duration.observe({ route, model }, ms / 1000);
    if (!predicts) return;
    const labels = { method: route, model };
    this.#predictions.add({ ...labels, status });
    if (status >= 400) {
      this.#failures.add({ ...labels, err: code });
      return;
    }
    this.#successes.add(labels);
    this.#predictionDuration.observe(labels, ms / 1000);
  }

  predicted(record: PredictionRecord): void {
    const { model, version, variant, inputs, timings, tokens } = record;
    this.#tei.predicted(record);
    this.#generation.predicted(record);
    const labels = { model, version, variant };
    this.#inputs.add(labels, inputs);
    this.#tokens.add(labels, tokens.total);
    this.#padding.add(labels, tokens.padded);
    if (record.cached !== undefined) (record.cached ? this.#cacheHits : this.#cacheMisses).add(labels);
    this.#tokenization.observe(labels, timings.tokenizeMs / 1000);
    this.#queue.observe(labels, timings.queueMs / 1000);
    this.#inference.observe(labels, timings.inferMs / 1000);
    this.#postprocess.observe(labels, timings.postprocessMs / 1000);
  }

  handedOver({ model, outcome, circuit }: HandOverRecord): void {
    this.#handedOver.add({ model, outcome });
    this.#circuitOpen = circuit !== 'closed';
  }

  rolledOut(record: RolloutRecord): void {
    this.#rollout.rolledOut(record);
  }

  render(): string {
    const lines = [
      ...this.#requests.render('pilotlight_request_total', 'Requests answered.'),
      ...this.#duration.render(
        'pilotlight_request_duration_seconds',
        'From the head of a request to its answer.',
      ),
      ...this.#predictions.render(
        'te_request_count',
        'Predictions asked for, by the status of their answers.',
      ),
      ...this.#successes.render('te_request_success', 'Predictions made.'),
      ...this.#failures.render(
        'te_request_failure',
        'Predictions refused or failed, by the code of the error.',
      ),
      ...this.#predictionDuration.render(
        'te_request_duration',
        'Seconds from the head of a request to its prediction.',
      ),
      ...this.#tokenization.render('te_request_tokenization_duration', 'From text to tokens.'),
      ...this.#queue.render('te_request_queue_duration', 'Waiting for batches of other requests.'),
      ...this.#inference.render('te_request_inference_duration', 'In the model.'),
      ...this.#postprocess.render('te_request_postprocess_duration', 'From logits to results.'),
      ...this.#tei.render(),
      ...this.#inputs.render('pilotlight_inputs_total', 'Inputs predicted.'),
      ...this.#tokens.render(
        'pilotlight_tokens_total',
        'Tokens read by the models, special tokens included.',
      ),
      ...this.#padding.render('pilotlight_padding_tokens_total', 'Padding read beside them.'),
      ...this.#generation.render(),
      ...this.#handOver(),
      ...this.#rollout.render(),
      ...this.#cache(),
      ...gauge('pilotlight_models_loaded', 'Models in memory.', this.#loaded()),
      ...gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss()),
      ...gauge('process_uptime_seconds', 'Seconds since the process started.', process.uptime()),
    ];
    return `${lines.join('\n')}\n`;
  }

  #cache(): string[] {
    const state = this.#answerCache();
    if (!state) return [];
    return [
      ...this.#cacheHits.render('pilotlight_answer_cache_hits_total', 'Predictions answered as before.'),
      ...this.#cacheMisses.render('pilotlight_answer_cache_misses_total', 'Predictions that were run.'),
      ...gauge('pilotlight_answer_cache_bytes', 'Answers that are kept, about.', state.bytes),
      ...gauge('pilotlight_answer_cache_answers', 'Their number.', state.answers),
    ];
  }

  /** Nothing before the first request that was for somebody else. */
  #handOver(): string[] {
    if (this.#circuitOpen === undefined) return [];
    const help = '1 while the server is not asked, because it did not answer.';
    return [
      ...this.#handedOver.render(
        'pilotlight_handed_over_total',
        'Requests for the server, by what became of them.',
      ),
      ...gauge('pilotlight_circuit_open', help, Number(this.#circuitOpen)),
    ];
  }
}
