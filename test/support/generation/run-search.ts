/** Runs a search over a function from ids to logits, as a loop runs it over a graph. */
import type {
  Search,
  StepRows,
  ToldToken,
} from '@pilotlight/engine/internal/runtimes/generation/search/search';

/** Logits of the token that follows the new ids. `[vocabulary]` */
export type Logits = (newIds: readonly number[]) => Float32Array;

/** A row of a step: its token, and the row of the step before that it follows. The first row of all has no token. */
export interface Row {
  readonly id?: number;
  readonly parent: number;
}

/** A search under way. */
export class SearchRun {
  readonly told: ToldToken[] = [];
  /** How a step was asked for, of each step. */
  readonly asked: ('top' | 'bias' | 'logits')[] = [];
  rows: readonly Row[] = [{ parent: 0 }];
  readonly #search: Search;
  readonly #more: number;

  /** Each row gets `more` classes than were asked for, as it does beside a greedier neighbour. */
  constructor(search: Search, more = 0) {
    this.#search = search;
    this.#more = more;
  }

  /** Takes a step by the logits of `rows`. */
  step(logits: readonly Float32Array[]): void {
    const { asks } = this.#search;
    this.asked.push(asks.logits ? 'logits' : asks.bias ? 'bias' : 'top');
    const { next, told } = this.#search.advance(stepRows(logits, asks, this.#more));
    if (next.length > this.#search.width) throw new RangeError(`${next.length} rows are above the width.`);
    this.told.push(...told);
    this.rows = next;
  }
}

/** Runs until the search has ended. */
export function runSearch(search: Search, logitsOf: Logits, more = 0): SearchRun {
  const run = new SearchRun(search, more);
  let texts: readonly (readonly number[])[] = [];
  while (run.rows.length > 0) {
    texts = run.rows.map(({ id, parent }) => (id === undefined ? [] : [...(texts[parent] ?? []), id]));
    run.step(texts.map(logitsOf));
  }
  return run;
}

/** What a graph gives for rows of logits: the bias is added, log-softmax taken, the best classes sorted out. */
function stepRows(logits: readonly Float32Array[], asks: Search['asks'], more: number): StepRows {
  const size = logits[0]?.length ?? 0;
  const count = Math.min(size, Math.max(1, asks.top) + more);
  const scores = new Float32Array(logits.length * count);
  const classes = new Float32Array(logits.length * count);
  for (const [row, values] of logits.entries()) {
    const biased = values.map((value, id) => value + (asks.bias?.[row * size + id] ?? 0));
    const logProbabilities = logSoftmax(biased);
    const order = Array.from(logProbabilities.keys()).sort(
      (a, b) => (logProbabilities[b] ?? 0) - (logProbabilities[a] ?? 0) || a - b,
    );
    for (const [rank, id] of order.slice(0, count).entries()) {
      scores[row * count + rank] = logProbabilities[id] ?? Number.NaN;
      classes[row * count + rank] = id;
    }
  }
  const all = asks.logits ? Float32Array.from(logits.flatMap((row) => Array.from(row))) : undefined;
  return { rows: logits.length, count, scores, classes, ...(all && { logits: all }) };
}

export function logSoftmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
  return logits.map((value) => value - largest - Math.log(sum));
}

/** A model whose logits follow from the last two ids and from how many there are: random, but always the same. */
export function tableModel(seed: number, vocabSize: number, spread = 4): Logits {
  return (newIds) => {
    let state = (seed * 0x9e3779b1) ^ (newIds.length * 0x85ebca6b);
    for (const id of newIds.slice(-2)) state = Math.imul(state ^ (id + 1), 0xc2b2ae35) ^ (state >>> 13);
    return Float32Array.from({ length: vocabSize }, () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
      const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
      return (((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32 - 0.5) * 2 * spread;
    });
  };
}
