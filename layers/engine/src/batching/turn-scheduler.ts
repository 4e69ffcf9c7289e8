/** Each call plans batches of its own, and calls take turns, batch by batch. */
import { setImmediate } from 'node:timers/promises';
import type { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding, Feeds, Outputs } from '../ports.ts';
import type { GraphRunner } from './graph-runner.ts';
import { planBatches } from './plan.ts';
import {
  type FeedsReport,
  NO_BATCHES,
  type ScheduledCall,
  type ScheduleReport,
  type Scheduler,
  tallied,
} from './scheduler.ts';
import { Turns } from './turns.ts';

export class TurnScheduler implements Scheduler {
  readonly maxBatchTokens: number;
  readonly #graph: GraphRunner;
  readonly #turns = new Turns();
  #queued = 0;

  constructor(graph: GraphRunner, maxBatchTokens: number) {
    this.#graph = graph;
    this.maxBatchTokens = maxBatchTokens;
  }

  get queued(): number {
    return this.#queued;
  }

  async run(encodings: readonly Encoding[], call: ScheduledCall): Promise<ScheduleReport> {
    const report = { queueMs: 0, inferMs: 0, read: 0, batches: NO_BATCHES };
    const lengths = encodings.map(({ ids }) => ids.length);
    let left = encodings.length;
    this.#queued += left;
    try {
      for (const [turn, batch] of planBatches(lengths, this.maxBatchTokens).entries()) {
        // A session in this thread blocks it: between two batches, what has arrived meanwhile gets its turn.
        if (turn > 0) await setImmediate();
        call.signal?.throwIfAborted();
        const start = performance.now();
        const waited = await this.#turns.take(async (waitedMs) => {
          this.#queued -= batch.length;
          left -= batch.length;
          await this.#runBatch(batch, encodings, call);
          return waitedMs;
        });
        report.queueMs += waited;
        report.inferMs += performance.now() - start - waited;
        const tokens = batch.length * Math.max(...batch.map((place) => lengths[place] ?? 0));
        report.read += tokens;
        report.batches = tallied(report.batches, { size: batch.length, tokens });
      }
    } finally {
      this.#queued -= left;
    }
    return report;
  }

  async runFeeds(feeds: Feeds): Promise<FeedsReport> {
    const start = performance.now();
    return this.#turns.take(async (queueMs) => {
      const outputs = await this.#graph.run(feeds);
      return { outputs, queueMs, inferMs: performance.now() - start - queueMs };
    });
  }

  async #runBatch(
    places: readonly number[],
    encodings: readonly Encoding[],
    call: ScheduledCall,
  ): Promise<void> {
    const batch = places.flatMap((place) => encodings[place] ?? []);
    let outputs: Outputs;
    try {
      outputs = await this.#graph.run(this.#graph.feedsOf(batch));
    } catch (error) {
      if (!this.#graph.mayRetry(error) || !call.refuse) throw error;
      await this.#retryEach(places, encodings, call, error);
      return;
    }
    for (const [row, place] of places.entries()) {
      const encoding = batch[row];
      if (encoding) call.deliver(place, this.#graph.resultOf(outputs, row, encoding));
    }
  }

  /** One by one, so that only what the model can not be run on is refused. */
  async #retryEach(
    places: readonly number[],
    encodings: readonly Encoding[],
    call: ScheduledCall,
    error: EngineError,
  ): Promise<void> {
    const [first] = places;
    if (first !== undefined && places.length === 1) return call.refuse?.(first, error);
    for (const place of places) await this.#runBatch([place], encodings, call);
  }
}
