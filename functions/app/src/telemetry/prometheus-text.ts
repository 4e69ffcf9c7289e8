/**
 * Counters, gauges and histograms in the text format of Prometheus. Written here because prom-client takes 45-55 ms to
 * load, a third of a cold start, for what is needed of it.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export type Labels = Readonly<Record<string, string | number>>;

/** Upper bounds in seconds: from a small model's single call to a bulk call at API Gateway's limit. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Counter {
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels, amount = 1): void {
    const key = keyOf(labels);
    const series = this.#series.get(key);
    if (series) series.value += amount;
    else this.#series.set(key, { labels, value: amount });
  }

  render(name: string, help: string): string[] {
    const lines = [...this.#series.values()].map(
      ({ labels, value }) => `${name}${labelText(labels)} ${value}`,
    );
    return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
  }
}

interface Series {
  readonly labels: Labels;
  readonly buckets: number[];
  sum: number;
  count: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** `bounds` are the upper bounds of its buckets. */
  constructor(bounds: readonly number[] = SECONDS) {
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const series = this.#find(labels);
    const { buckets } = series;
    let bucket = 0;
    while (bucket < buckets.length && !(value <= (this.#bounds[bucket] ?? 0))) bucket += 1;
    if (bucket < buckets.length) buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    series.sum += value;
    series.count += 1;
  }

  #find(labels: Labels): Series {
    const key = keyOf(labels);
    const known = this.#series.get(key);
    if (known) return known;
    const series = { labels, buckets: this.#bounds.map(() => 0), sum: 0, count: 0 };
    this.#series.set(key, series);
    return series;
  }

  render(name: string, help: string): string[] {
    const lines = [...this.#series.values()].flatMap(({ labels, buckets, sum, count }) => {
      const text = labelText(labels);
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
  return gauges(name, help, [{ labels, value }]);
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One gauge with a value for each of several things. Nothing is written where there is none. */
export function gauges(name: string, help: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

/** Ten observations of each request come here. The labels of a metric have the same names in the same order, so that their values tell them apart. */
function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${labels[name]}\n`;
  return key;
}

function labelText(labels: Labels): string {
  let pairs = '';
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escaped(String(labels[name]))}"`;
  return pairs === '' ? '' : `{${pairs}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
