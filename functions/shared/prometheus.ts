/**
 * Counts and times of this process in the text format of Prometheus. Written here because prom-client takes
 * 45-55 ms to load, a third of a cold start, for what is needed of it.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Exchange, PredictionRecord, Telemetry } from './api/ports.ts';

type Labels = Readonly<Record<string, string | number>>;

/** Upper bounds in seconds: from a small model's single call to a bulk call at API Gateway's limit. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

class Counter {
  readonly #values = new Map<string, number>();

  add(labels: Labels, amount = 1): void {
    const key = labelText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  render(name: string, help: string): string[] {
    const lines = [...this.#values].map(([labels, value]) => `${name}${labels} ${value}`);
    return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
  }
}

class Histogram {
  readonly #series = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();

  observe(labels: Labels, seconds: number): void {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? { labels, buckets: SECONDS.map(() => 0), sum: 0, count: 0 };
    this.#series.set(key, series);
    const bucket = SECONDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.sum += seconds;
    series.count += 1;
  }

  render(name: string, help: string): string[] {
    const lines = [...this.#series].flatMap(([text, { labels, buckets, sum, count }]) => {
      let below = 0;
      const cumulative = SECONDS.map((bound, i) => {
        below += buckets[i] ?? 0;
        return `${name}_bucket${labelText({ ...labels, le: bound })} ${below}`;
      });
      const all = `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`;
      return [...cumulative, all, `${name}_sum${text} ${sum}`, `${name}_count${text} ${count}`];
    });
    return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines];
  }
}

/** Metrics of one process: telemetry goes in, the text of /metrics comes out. */
export class PrometheusMetrics implements Telemetry {
  readonly #loaded: () => number;
  readonly #requests = new Counter();
  readonly #inputs = new Counter();
  readonly #tokens = new Counter();
  readonly #padding = new Counter();
  readonly #duration = new Histogram();
  readonly #tokenization = new Histogram();
  readonly #queue = new Histogram();
  readonly #inference = new Histogram();
  readonly #postprocess = new Histogram();

  /** `loadedModels` is asked at every scrape. */
  constructor(loadedModels: () => number) {
    this.#loaded = loadedModels;
  }

  answered({ route, model, status, code, ms }: Exchange): void {
    this.#requests.add({ route, model, status, code });
    this.#duration.observe({ route, model }, ms / 1000);
  }

  predicted({ model, version, inputs, timings, tokens }: PredictionRecord): void {
    const labels = { model, version };
    this.#inputs.add(labels, inputs);
    this.#tokens.add(labels, tokens.total);
    this.#padding.add(labels, tokens.padded);
    this.#tokenization.observe(labels, timings.tokenizeMs / 1000);
    this.#queue.observe(labels, timings.queueMs / 1000);
    this.#inference.observe(labels, timings.inferMs / 1000);
    this.#postprocess.observe(labels, timings.postprocessMs / 1000);
  }

  render(): string {
    const lines = [
      ...this.#requests.render('pilotlight_request_total', 'Requests answered.'),
      ...this.#duration.render(
        'pilotlight_request_duration_seconds',
        'From the head of a request to its answer.',
      ),
      ...this.#tokenization.render(
        'pilotlight_request_tokenization_duration_seconds',
        'From text to tokens.',
      ),
      ...this.#queue.render(
        'pilotlight_request_queue_duration_seconds',
        'Waiting for batches of other requests.',
      ),
      ...this.#inference.render('pilotlight_request_inference_duration_seconds', 'In the model.'),
      ...this.#postprocess.render(
        'pilotlight_request_postprocess_duration_seconds',
        'From logits to results.',
      ),
      ...this.#inputs.render('pilotlight_inputs_total', 'Inputs predicted.'),
      ...this.#tokens.render(
        'pilotlight_tokens_total',
        'Tokens read by the models, special tokens included.',
      ),
      ...this.#padding.render('pilotlight_padding_tokens_total', 'Padding read beside them.'),
      ...gauge('pilotlight_models_loaded', 'Models in memory.', this.#loaded()),
      ...gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss()),
      ...gauge('process_uptime_seconds', 'Seconds since the process started.', process.uptime()),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
