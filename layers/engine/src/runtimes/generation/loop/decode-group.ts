/** The requests whose steps have equally many tokens: they share a cache, and one run is a step of all of them. */
import { UNUSED_ENTRIES } from '../graphs.ts';
import type { ActiveRequest } from './active-request.ts';
import { CachePool } from './cache-pool.ts';
import type { ReadyRequest } from './prefill.ts';
import { runStep, type StepGraph, type StepJob } from './step-runner.ts';

export class DecodeGroup {
  /** Tokens of a request in a step. */
  readonly width: number;
  readonly #graph: StepGraph;
  readonly #cache: CachePool;
  /** By their slots. */
  readonly #requests: ActiveRequest[] = [];

  constructor(width: number, graph: StepGraph) {
    this.width = width;
    this.#graph = graph;
    this.#cache = new CachePool(graph.facts);
  }

  get requests(): readonly ActiveRequest[] {
    return this.#requests;
  }

  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Takes requests in. Where there is no memory for them, they are told. */
  join(ready: readonly ReadyRequest[]): void {
    try {
      this.#cache.addFrom(ready);
      this.#requests.push(...ready.map(({ request }) => request));
    } catch (error) {
      for (const { request } of ready) request.fail(error);
    }
  }

  /** Runs one step. Those whose search ends with it leave. Never rejects: whoever cannot be run is told. */
  async step(): Promise<void> {
    const cache = this.#cache;
    try {
      const longest = Math.max(...this.#requests.map(({ ancestry }) => ancestry.entries));
      cache.reserve(longest + this.width + UNUSED_ENTRIES, 0);
      const jobs = this.#requests.map(toJob);
      const shape = { perRow: this.width, room: cache.room, crossRoom: cache.crossRoom };
      const { outputs, rows } = await runStep(this.#graph, jobs, shape, cache.feeds());
      // From the last, so that whoever takes the slot of one that left has had its turn.
      for (let slot = jobs.length - 1; slot >= 0; slot--) {
        const request = this.#requests[slot];
        if (!request) continue;
        const count = request.pending.length;
        if (request.inPrompt) request.readPrompt(count);
        if (!request.advance(rows[slot])) {
          this.#remove(slot);
          continue;
        }
        cache.append(slot, outputs, { row: slot, perRow: this.width, count });
        const kept = request.ancestry.forget();
        if (kept) cache.keep(slot, kept);
      }
    } catch (error) {
      for (const request of this.#requests) request.fail(error);
      while (this.#requests.length > 0) this.#remove(this.#requests.length - 1);
    }
  }

  /** Ends those that were cancelled, or whose time is over. */
  sweep(now: number): void {
    for (let slot = this.#requests.length - 1; slot >= 0; slot--) {
      const request = this.#requests[slot];
      const reason = request?.stopReason(now);
      if (!reason) continue;
      request?.stop(reason);
      this.#remove(slot);
    }
  }

  #remove(slot: number): void {
    this.#cache.remove(slot);
    const last = this.#requests.pop();
    if (last && slot < this.#requests.length) this.#requests[slot] = last;
  }
}

function toJob({ pending: ids, inPrompt: isPrompt, ancestry, source, search }: ActiveRequest): StepJob {
  const scored = isPrompt ? [ids.length - 1] : ids.map((_, branch) => branch);
  return { row: { ids, isPrompt, ancestry, sourceTokens: source.length, scored }, asks: search.asks };
}
