/**
 * Counters, gauges and histograms in the text format of Prometheus. Written here because prom-client takes 45-55 ms to
 * load, a third of a cold start, for what is needed of it.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export type Labels = Readonly<Record<string, string | number>>;

/** Upper bounds in seconds: from a small model's single call to a bulk call at API Gateway's limit. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Counter {
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

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();

  /** `bounds` are the upper bounds of its buckets. */
  constructor(bounds: readonly number[] = SECONDS) {
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? { labels, buckets: this.#bounds.map(() => 0), sum: 0, count: 0 };
    this.#series.set(key, series);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.sum += value;
    series.count += 1;
  }

  render(name: string, help: string): string[] {
    const lines = [...this.#series].flatMap(([text, { labels, buckets, sum, count }]) => {
      let below = 0;
      const cumulative = this.#bounds.map((bound, i) => {
        below += buckets[i] ?? 0;
        return `${name}_bucket${labelText({ ...labels, le: bound })} ${below}`;
      });
      const all = `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`;
      return [...cumulative, all, `${name}_sum${text} ${sum}`, `${name}_count${text} ${count}`];
    });
    return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...lines];
  }
}

export function gauge(name: string, help: string, value: number, labels: Labels = {}): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name}${labelText(labels)} ${value}`];
}

function labelText(labels: Labels): string {
  let pairs = '';
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escaped(String(labels[name]))}"`;
  return pairs === '' ? '' : `{${pairs}}`;
}

/** Ten observations of each request come here, and hardly a label has one of these characters. */
function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
