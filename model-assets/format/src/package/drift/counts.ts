/** Readings of many texts, counted in the bins of the format. Its memory depends on the bins and the labels, and not on the texts. */
import {
  binOf,
  binOfShare,
  FEATURES,
  type Feature,
  NUMBER_OF_BINS,
  SCRIPTS,
  TOKEN_BOUNDS,
  UNKNOWN_BOUNDS,
} from './bins.ts';
import type { Reading } from './reading.ts';

/** Labels that are counted each by itself: more than any model has, so that nothing grows without end. */
const MOST_LABELS = 10_000;
const REST = 'other labels';

export class Counts {
  /** Texts that were added. */
  texts = 0;
  readonly #bins: Readonly<Record<keyof typeof NUMBER_OF_BINS, number[]>>;
  readonly #script: number[] = SCRIPTS.map(() => 0);
  readonly #labels = new Map<string, number>();
  readonly #seen: Record<Feature, number> = {
    tokens: 0,
    unknown: 0,
    script: 0,
    confidence: 0,
    entropy: 0,
    label: 0,
  };
  readonly #sums = { tokens: 0, unknown: 0, confidence: 0, entropy: 0 };

  constructor() {
    const empty = (feature: keyof typeof NUMBER_OF_BINS): number[] => Array(NUMBER_OF_BINS[feature]).fill(0);
    this.#bins = {
      tokens: empty('tokens'),
      unknown: empty('unknown'),
      confidence: empty('confidence'),
      entropy: empty('entropy'),
    };
  }

  add({ tokens, unknown, script, labels, confidence, entropy }: Reading): void {
    this.texts += 1;
    this.#count('tokens', binOf(tokens, TOKEN_BOUNDS), tokens);
    if (unknown !== undefined) this.#count('unknown', binOf(unknown, UNKNOWN_BOUNDS), unknown);
    if (confidence !== undefined) this.#count('confidence', binOfShare(confidence), confidence);
    if (entropy !== undefined) this.#count('entropy', binOfShare(entropy), entropy);
    if (script !== undefined) {
      const place = SCRIPTS.indexOf(script);
      this.#script[place] = (this.#script[place] ?? 0) + 1;
      this.#seen.script += 1;
    }
    if (labels === undefined || labels.length === 0) return;
    // The spans of a text are not independent of each other, so that all of them together count as one text.
    for (const label of labels) this.#countLabel(label, 1 / labels.length);
    this.#seen.label += 1;
  }

  /** Texts of which a feature was known. */
  seen(feature: Feature): number {
    return this.#seen[feature];
  }

  /** The mean over the texts of which it was known; undefined where there is none. */
  mean(feature: 'tokens' | 'unknown' | 'confidence' | 'entropy'): number | undefined {
    const texts = this.#seen[feature];
    return texts === 0 ? undefined : this.#sums[feature] / texts;
  }

  /** Texts by the names of their bins: numbers from 0, scripts, or labels. Undefined where the feature was never known. */
  bins(feature: Feature): ReadonlyMap<string, number> | undefined {
    if (this.#seen[feature] === 0) return undefined;
    if (feature === 'label') return this.#labels;
    if (feature === 'script') return named(this.#script, (place) => SCRIPTS[place] ?? 'other');
    return named(this.#bins[feature], String);
  }

  /** The features of which anything is known. */
  known(): readonly Feature[] {
    return FEATURES.filter((feature) => this.#seen[feature] > 0);
  }

  #count(feature: keyof typeof NUMBER_OF_BINS, bin: number, value: number): void {
    const bins = this.#bins[feature];
    bins[bin] = (bins[bin] ?? 0) + 1;
    this.#seen[feature] += 1;
    this.#sums[feature] += value;
  }

  #countLabel(label: string, share: number): void {
    const own = this.#labels.has(label) || this.#labels.size < MOST_LABELS ? label : REST;
    this.#labels.set(own, (this.#labels.get(own) ?? 0) + share);
  }
}

function named(counts: readonly number[], name: (place: number) => string): ReadonlyMap<string, number> {
  return new Map(counts.map((count, place) => [name(place), count]));
}
