import { bestChoices, type Choice, toldTop } from './choices.ts';
import { endOf } from './end-of.ts';
import { Random } from './random.ts';
import { ScoreReader } from './score-reader.ts';
import type { Advance, Asks, FinishReason, FoundSequence, Search, StepRows, ToldToken } from './search.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';

/** A sequence as far as it goes. */
interface Beam {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly tops: readonly (readonly Choice[])[];
  /** Of `logprobs`, in float32 as torch adds them. */
  readonly sum: number;
}

/** A beam that goes on by one token; `parent` is the row of what it goes on from. */
interface Candidate extends Beam {
  readonly parent: number;
  readonly finish?: FinishReason | undefined;
}

interface Hypothesis extends FoundSequence {
  readonly tops: readonly (readonly Choice[])[];
}

const START: Beam = { ids: [], logprobs: [], tops: [], sum: 0 };

/**
 * Beam search by the rules of transformers 5.24. Each step keeps (1 + end tokens) * beams candidates, at least twice the beams. Those
 * that do not end go on, the best `numBeams` of them; one that ends counts if it ranks within the first `numBeams`. With `sampling` the
 * candidates are drawn.
 */
export class BeamSearch implements Search {
  readonly width: number;
  readonly #options: SearchOptions;
  readonly #context: SearchContext;
  readonly #reader: ScoreReader;
  readonly #random: Random | undefined;
  /** Candidates that a step keeps. */
  readonly #kept: number;
  /** Beams that go on, in the order of the rows of the next step. */
  #running: readonly Beam[] = [START];
  /** Sequences that ended, best first; at most `numBeams`. */
  #finished: readonly Hypothesis[] = [];
  #asks: Asks;

  constructor(options: SearchOptions, context: SearchContext) {
    this.width = options.numBeams;
    this.#options = options;
    this.#context = context;
    this.#kept = Math.max(2, 1 + options.eos.length) * options.numBeams;
    this.#reader = new ScoreReader(options, context, this.#kept);
    this.#random = options.sampling && new Random(options.sampling.seed);
    this.#asks = this.#reader.plan([[]]);
  }

  get asks(): Asks {
    return this.#asks;
  }

  advance(rows: StepRows): Advance {
    const { numBeams } = this.#options;
    const candidates = this.#candidates(rows);
    if (candidates.length === 0 && this.#finished.length === 0) this.stop('length');
    const ended = candidates
      .slice(0, numBeams)
      .flatMap((each) => (each.finish ? this.#hypothesis(each, each.finish) : []));
    this.#finished = best([...this.#finished, ...ended], numBeams);
    const running = candidates.filter(({ finish }) => finish === undefined).slice(0, numBeams);
    if (!this.#goesOn(running)) {
      this.#running = [];
      return { next: [], told: this.#settled().flatMap(tellTokens) };
    }
    this.#running = running;
    this.#asks = this.#reader.plan(running.map(({ ids }) => ids));
    return { next: running.map(({ ids, parent }) => ({ id: ids.at(-1) ?? -1, parent })), told: [] };
  }

  stop(finish: FinishReason): void {
    const hypotheses = this.#running.map((beam) => this.#hypothesis(beam, finish));
    this.#finished = best([...this.#finished, ...hypotheses], this.#options.numBeams);
    this.#running = [];
  }

  get found(): readonly FoundSequence[] {
    if (this.#running.length > 0) return [];
    return this.#settled().map(({ ids, logprobs, score, finish }) => ({ ids, logprobs, score, finish }));
  }

  #settled(): readonly Hypothesis[] {
    return this.#finished.slice(0, this.#options.numReturnSequences);
  }

  /** The best tokens behind all beams, best first. */
  #candidates(rows: StepRows): readonly Candidate[] {
    const all = this.#running.flatMap((beam, parent) => {
      const choices = this.#reader.read(rows, parent);
      const top = bestChoices(choices, this.#options.topTokens);
      const offered = bestChoices(choices, this.#random ? undefined : this.#kept);
      return offered.map((choice) => {
        const logprob = Math.fround(choice.logprob);
        return { beam, parent, top, id: choice.id, logprob, sum: Math.fround(beam.sum + logprob) };
      });
    });
    const kept = this.#random ? draw(all, this.#kept, this.#random) : all;
    return kept
      .sort((a, b) => b.sum - a.sum)
      .slice(0, this.#kept)
      .map(({ beam, parent, top, id, logprob, sum }) => {
        const ids = [...beam.ids, id];
        return {
          ids,
          logprobs: [...beam.logprobs, logprob],
          tops: [...beam.tops, top],
          sum,
          parent,
          finish: endOf(ids, this.#options, this.#context),
        };
      });
  }

  #hypothesis({ ids, logprobs, tops, sum }: Beam, finish: FinishReason): Hypothesis {
    return { ids, logprobs, tops, finish, score: this.#penalised(sum, ids.length) };
  }

  #penalised(sum: number, length: number): number {
    return Math.fround(sum / Math.fround(Math.max(1, length) ** this.#options.lengthPenalty));
  }

  /** Whether a running beam may still become better than what is finished. */
  #goesOn(running: readonly Candidate[]): boolean {
    const [first] = running;
    if (first === undefined) return false;
    const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = this.#options;
    if (this.#finished.length < numBeams) return true;
    if (earlyStopping === true) return false;
    const length = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : first.ids.length;
    const worst = this.#finished.at(-1)?.score ?? Number.NEGATIVE_INFINITY;
    return this.#penalised(first.sum, length) > worst;
  }
}

/** Draws without replacement, by Gumbel noise: Kool et al. 2019, https://arxiv.org/abs/1903.06059. */
function draw<Drawn extends { readonly sum: number }>(
  candidates: readonly Drawn[],
  count: number,
  random: Random,
): Drawn[] {
  const noisy = candidates.map((candidate) => ({
    candidate,
    key: candidate.sum - Math.log(-Math.log(random.next())),
  }));
  noisy.sort((a, b) => b.key - a.key);
  return noisy.slice(0, count).map(({ candidate }) => candidate);
}

function best(hypotheses: Hypothesis[], count: number): readonly Hypothesis[] {
  return hypotheses.sort((a, b) => b.score - a.score).slice(0, count);
}

function tellTokens({ ids, logprobs, tops }: Hypothesis, sequence: number): readonly ToldToken[] {
  return ids.map((id, place) => ({
    sequence,
    id,
    logprob: logprobs[place] ?? Number.NaN,
    ...toldTop(tops[place] ?? []),
  }));
}
