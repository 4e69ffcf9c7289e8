/** Searches that are short enough to be seen through: the best token of each step, and beams that change places all the time. */
import type { TokenRequest } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import type {
  Advance,
  Asks,
  FinishReason,
  FoundSequence,
  NextToken,
  Search,
  StepRows,
} from '../../../../layers/engine/src/runtimes/generation/search/search.ts';
import { plainOptions } from '../../../support/generation/search-options.ts';

/** What the rows of a step gave, and the tokens before each of them. */
export interface SeenRow {
  readonly ids: readonly number[];
  readonly scores: readonly number[];
  readonly classes: readonly number[];
}

abstract class SmallSearch implements Search {
  abstract readonly width: number;
  readonly asks: Asks = { top: 4 };
  found: readonly FoundSequence[] = [];
  readonly seen: SeenRow[] = [];
  protected sequences: readonly (readonly number[])[] = [[]];
  readonly #request: TokenRequest;

  constructor(request: TokenRequest) {
    this.#request = request;
  }

  abstract choose(rows: StepRows): NextToken[];

  advance(rows: StepRows): Advance {
    const prompt = this.#request.start ?? this.#request.input;
    if (rows.rows !== this.sequences.length)
      throw new Error(`${rows.rows} rows for ${this.sequences.length}`);
    for (const [row, ids] of this.sequences.entries()) {
      const own = (values: Float32Array): number[] => [
        ...values.slice(row * rows.count, (row + 1) * rows.count),
      ];
      this.seen.push({ ids: [...prompt, ...ids], scores: own(rows.scores), classes: own(rows.classes) });
    }
    const next = this.choose(rows);
    this.sequences = next.map(({ id, parent }) => [...(this.sequences[parent] ?? []), id]);
    const { maxNewTokens, eos } = this.#request.options;
    const told =
      this.width === 1 ? next.map(({ id }) => ({ sequence: 0, id, logprob: rows.scores[0] ?? 0 })) : [];
    const ended = this.width === 1 && next.some(({ id }) => eos.includes(id));
    if (!ended && (this.sequences[0]?.length ?? 0) < maxNewTokens) return { next, told };
    this.stop(ended ? 'eos_token' : 'length');
    return { next: [], told };
  }

  stop(finish: FinishReason): void {
    this.found = this.sequences.map((ids) => ({ ids, logprobs: [], score: 0, finish }));
  }
}

class Greedy extends SmallSearch {
  readonly width = 1;

  choose({ classes }: StepRows): NextToken[] {
    return [{ id: classes[0] ?? 0, parent: 0 }];
  }
}

/** Of each row the best classes, dealt out in turns, so that beams follow one another's tokens. */
class Shuffled extends SmallSearch {
  readonly width = 3;
  #step = 0;

  choose({ rows, count, classes, scores }: StepRows): NextToken[] {
    this.#step += 1;
    const turn = Math.round(Math.abs(scores[0] ?? 0) * 64) + this.#step;
    return Array.from({ length: this.width }, (_, beam) => {
      const parent = (beam * turn + this.#step) % rows;
      return { parent, id: classes[parent * count + (beam % count)] ?? 0 };
    });
  }
}

export function smallSearch(request: TokenRequest): SmallSearch {
  return request.options.numBeams > 1 ? new Shuffled(request) : new Greedy(request);
}

export function request(
  input: readonly number[],
  options: Parameters<typeof plainOptions>[0] = {},
): TokenRequest {
  return { input, options: plainOptions({ maxNewTokens: 8, eos: [], ...options }) };
}
