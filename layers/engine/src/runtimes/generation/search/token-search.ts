import { bestChoices, type Choice, type Choices, drawChoice, toldTop } from './choices.ts';
import { endOf } from './end-of.ts';
import { Random } from './random.ts';
import { ScoreReader } from './score-reader.ts';
import type { Advance, Asks, FinishReason, FoundSequence, Search, StepRows, ToldToken } from './search.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';

interface Sequence {
  readonly ids: number[];
  readonly logprobs: number[];
  /** Each sequence draws by itself, so that the first of many is the text that one alone is. */
  readonly random?: Random | undefined;
  finish?: FinishReason;
}

/** Takes the best token of each step, or draws one; `numReturnSequences` draw side by side, from one prompt. */
export class TokenSearch implements Search {
  readonly width: number;
  readonly #options: SearchOptions;
  readonly #context: SearchContext;
  readonly #reader: ScoreReader;
  readonly #sequences: readonly Sequence[];
  /** Numbers of the sequences that go on, in the order of the rows of the next step. */
  #active: readonly number[];
  #asks: Asks;

  constructor(options: SearchOptions, context: SearchContext) {
    const { sampling, numReturnSequences } = options;
    this.#options = options;
    this.#context = context;
    this.#reader = new ScoreReader(options, context, 1);
    this.#sequences = Array.from({ length: numReturnSequences }, (_, number) => ({
      ids: [],
      logprobs: [],
      ...(sampling && { random: new Random(sampling.seed, number) }),
    }));
    this.width = numReturnSequences;
    this.#active = this.#sequences.map((_, number) => number);
    this.#asks = this.#reader.plan([[]]);
  }

  get asks(): Asks {
    return this.#asks;
  }

  advance(rows: StepRows): Advance {
    // All sequences begin from the one row of the prompt.
    const shared = rows.rows === 1 ? this.#reader.read(rows, 0) : undefined;
    const told: ToldToken[] = [];
    const next = this.#active.flatMap((number, row) => {
      const parent = shared ? 0 : row;
      const token = this.#choose(number, shared ?? this.#reader.read(rows, row));
      if (token) told.push(token);
      return token && this.#sequences[number]?.finish === undefined ? { id: token.id, parent, number } : [];
    });
    this.#active = next.map(({ number }) => number);
    if (next.length > 0)
      this.#asks = this.#reader.plan(this.#active.map((number) => this.#sequences[number]?.ids ?? []));
    return { next: next.map(({ id, parent }) => ({ id, parent })), told };
  }

  stop(finish: FinishReason): void {
    for (const number of this.#active) {
      const sequence = this.#sequences[number];
      if (sequence) sequence.finish = finish;
    }
    this.#active = [];
  }

  get found(): readonly FoundSequence[] {
    if (this.#active.length > 0) return [];
    return this.#sequences.map(({ ids, logprobs, finish = 'length' }) => ({
      ids,
      logprobs,
      score: logprobs.reduce((sum, logprob) => sum + logprob, 0),
      finish,
    }));
  }

  #choose(number: number, choices: Choices): ToldToken | undefined {
    const sequence = this.#sequences[number];
    if (!sequence) return undefined;
    const { topTokens } = this.#options;
    const best = bestChoices(choices, sequence.random ? topTokens : Math.max(1, topTokens));
    const chosen: Choice | undefined = sequence.random ? drawChoice(choices, sequence.random) : best[0];
    if (chosen === undefined) {
      sequence.finish = 'length';
      return undefined;
    }
    const { id, logprob } = chosen;
    sequence.ids.push(id);
    sequence.logprobs.push(logprob);
    const finish = endOf(sequence.ids, this.#options, this.#context);
    if (finish) sequence.finish = finish;
    return { sequence: number, id, logprob, ...toldTop(best.slice(0, topTokens)) };
  }
}
