import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Random } from '../fixtures/random.ts';
import { BenchError } from './errors.ts';

const tokenizerSchema = z.object({ model: z.object({ vocab: z.record(z.string(), z.int()) }) });

/** The two special tokens around every text. */
const SPECIALS = 2;

/** Makes texts of an exact number of tokens, out of words that are one token each. */
export class TextMaker {
  readonly #words: readonly string[];
  readonly #random: Random;

  /** Throws BAD_CHECKPOINT where the WordPiece vocabulary in `tokenizerFile` has too few whole words. */
  constructor(tokenizerFile: string, seed: number) {
    const { vocab } = tokenizerSchema.parse(JSON.parse(readFileSync(tokenizerFile, 'utf8'))).model;
    this.#words = Object.keys(vocab).filter((token) => /^[a-z]{2,}$/.test(token));
    this.#random = new Random(seed);
    if (this.#words.length < 50)
      throw new BenchError('BAD_CHECKPOINT', `${tokenizerFile} has too few whole words`);
  }

  /** A text of `tokens` tokens, special tokens included; at least one word. */
  ofTokens(tokens: number): string {
    const count = Math.max(1, tokens - SPECIALS);
    return Array.from({ length: count }, () => this.#words[this.#random.below(this.#words.length)]).join(' ');
  }

  /** `count` texts whose lengths are lognormal about `typical` tokens, cut to `shortest`..`longest`. */
  lognormal(count: number, { typical, sigma, shortest, longest }: Lognormal): string[] {
    return Array.from({ length: count }, () => {
      const tokens = Math.round(typical * Math.exp(sigma * this.#random.normal()));
      return this.ofTokens(Math.min(longest, Math.max(shortest, tokens)));
    });
  }

  /** `count` texts of which nine in ten are as `lengths` says, and one in ten is uniform from 3 to `longest` tokens. */
  varied(count: number, lengths: Lognormal, longest: number): string[] {
    const usual = this.lognormal(count, lengths);
    return usual.map((text) =>
      this.#random.below(10) > 0 ? text : this.ofTokens(3 + this.#random.below(longest - 2)),
    );
  }
}

export interface Lognormal {
  /** Median length in tokens. */
  readonly typical: number;
  /** Standard deviation of the logarithm of the length. */
  readonly sigma: number;
  readonly shortest: number;
  readonly longest: number;
}

/** The token count of a text of `TextMaker`. */
export const countTokens = (text: string): number => text.split(' ').length + SPECIALS;

/** Shortest first. */
export const byLength = (texts: readonly string[]): string[] =>
  [...texts].sort((a, b) => countTokens(a) - countTokens(b));

export function inBatches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
