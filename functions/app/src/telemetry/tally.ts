/** Requests of one model with one outcome, added up until they are told of. */
import type { MetricName } from './metric-names.ts';

/** A line may have a hundred values of one metric, and Powertools ends it with the hundredth. */
const MOST_VALUES = 99;

/** Values of one metric: as many as a line holds, each as likely to be among them (algorithm R of Vitter, 1985). */
class Sample {
  readonly values: number[] = [];
  #seen = 0;

  add(value: number, random: () => number): void {
    this.#seen += 1;
    if (this.values.length < MOST_VALUES) {
      this.values.push(value);
      return;
    }
    const place = Math.floor(random() * this.#seen);
    if (place < MOST_VALUES) this.values[place] = value;
  }
}

export type Values = Partial<Record<MetricName, number>>;

export class Tally {
  /** Sums. */
  readonly counts: Values = {};
  readonly samples = new Map<MetricName, Sample>();
  /** What else a line says, such as its routes, each once. */
  readonly notes = new Map<string, Set<string>>();
  readonly #random: () => number;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  note(name: string, text: string): void {
    const texts = this.notes.get(name) ?? new Set();
    this.notes.set(name, texts.add(text));
  }

  count(values: Values): void {
    for (const [key, value] of Object.entries(values)) {
      const name = key as MetricName;
      this.counts[name] = (this.counts[name] ?? 0) + value;
    }
  }

  /** Takes milliseconds, megabytes and the like, of which the distribution counts. */
  measure(values: Values): void {
    for (const [key, value] of Object.entries(values)) {
      const name = key as MetricName;
      const sample = this.samples.get(name) ?? new Sample();
      this.samples.set(name, sample);
      sample.add(value, this.#random);
    }
  }
}
