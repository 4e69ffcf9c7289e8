/** Lets each call plan batches of its own. Calls take turns, batch by batch. */
import type { BatchEntry, BatchSource } from './batch-source.ts';
import { planBatches } from './plan.ts';

/** The batches that a call has yet to run. */
type Planned = BatchEntry[][];

/** A batch has entries of one call and depends on nothing else, so that the same call gives the same bytes. */
export class PlannedSource implements BatchSource {
  readonly maxBatchTokens: number;
  readonly shortTokens = 0;
  /** Nothing is made ready ahead: it would take memory, and a session in this thread gains nothing by it. */
  readonly full = false;
  /** Calls in the order of their turns. */
  readonly #calls: Planned[] = [];
  /** The call that had the last turn. It stands behind those that arrived during that turn. */
  #last: Planned | undefined;

  constructor(maxBatchTokens: number) {
    this.maxBatchTokens = maxBatchTokens;
  }

  get size(): number {
    return this.#waiting.length;
  }

  get #waiting(): readonly BatchEntry[] {
    return [...this.#calls, this.#last ?? []].flat(2).filter(({ call }) => !call.over);
  }

  get tokens(): number {
    return this.#waiting.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  push(entries: readonly BatchEntry[]): void {
    const batches = planBatches(
      entries.map(({ tokens }) => tokens),
      this.maxBatchTokens,
    );
    this.#calls.push(batches.map((batch) => batch.flatMap((index) => entries[index] ?? [])));
  }

  take(): readonly BatchEntry[] {
    if (this.#last) this.#calls.push(this.#last);
    this.#last = undefined;
    for (let call = this.#calls.shift(); call; call = this.#calls.shift()) {
      const batch = call.shift();
      if (!batch || batch[0]?.call.over) continue;
      this.#last = call;
      return batch;
    }
    return [];
  }
}
