/** Calls share batches: whatever waits when the session is free is merged by length, whoever asked for it. */
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import type { Encoding, Feeds } from '../ports.ts';
import type { GraphRunner } from './graph-runner.ts';
import { PendingCall } from './pending-call.ts';
import type { FeedsReport, ScheduledCall, ScheduleReport, Scheduler } from './scheduler.ts';
import { type QueueEntry, type QueueLimits, TokenQueue } from './token-queue.ts';
import { Turns } from './turns.ts';

/** A batch that is about to run. */
export interface BatchShape {
  readonly size: number;
  /** Padding included. */
  readonly tokens: number;
  /** Tokens of each of its entries. */
  readonly lengths: readonly number[];
}

interface Entry extends QueueEntry {
  readonly call: PendingCall;
  readonly place: number;
  readonly encoding: Encoding;
}

interface Batch {
  readonly entries: readonly Entry[];
  readonly feeds: Feeds;
}

export class DynamicScheduler implements Scheduler {
  readonly #graph: GraphRunner;
  readonly #limits: QueueLimits;
  readonly #onBatch: (batch: BatchShape) => void;
  readonly #queue: TokenQueue<Entry>;
  readonly #turns = new Turns();
  /** Made while another one ran. */
  #next: Batch | undefined;
  #draining = false;

  /** `onBatch` must not throw. */
  constructor(graph: GraphRunner, limits: QueueLimits, onBatch: (batch: BatchShape) => void) {
    this.#graph = graph;
    this.#limits = limits;
    this.#onBatch = onBatch;
    this.#queue = new TokenQueue(limits);
  }

  get queued(): number {
    return this.#queue.size + (this.#next?.entries.length ?? 0);
  }

  async run(encodings: readonly Encoding[], scheduled: ScheduledCall): Promise<ScheduleReport> {
    scheduled.signal?.throwIfAborted();
    const call = new PendingCall(encodings.length, scheduled);
    this.#queue.push(
      encodings.map((encoding, place) => ({ tokens: encoding.ids.length, call, place, encoding })),
    );
    if (this.#draining) this.#prepareFull();
    else void this.#drain();
    return call.report;
  }

  async runFeeds(feeds: Feeds): Promise<FeedsReport> {
    const start = performance.now();
    return this.#turns.take(async (queueMs) => {
      const outputs = await this.#graph.run(feeds);
      return { outputs, queueMs, inferMs: performance.now() - start - queueMs };
    });
  }

  /** Runs batches until nothing waits. Never rejects: whatever fails is told to those who wait for it. */
  async #drain(): Promise<void> {
    this.#draining = true;
    for (let batch = this.#prepare(); batch; batch = this.#next ?? this.#prepare()) {
      const { entries, feeds } = batch;
      this.#next = undefined;
      await this.#turns.take(async () => {
        const running = this.#runBatch(entries, feeds);
        this.#prepareFull();
        await running;
      });
      // A session in this thread blocks it: between two batches, what has arrived meanwhile joins the queue.
      await setImmediate();
    }
    this.#draining = false;
  }

  /** While a batch runs, the next is made once it is as large as it may be; a smaller one waits for company. */
  #prepareFull(): void {
    if (this.#queue.full) this.#next ??= this.#prepare();
  }

  #prepare(): Batch | undefined {
    const now = performance.now();
    const { batch, expired } = this.#queue.take(now);
    for (const { call } of expired) call.fail(overdue(this.#limits.maxQueueMs));
    if (batch.length === 0) return undefined;
    return { entries: batch, feeds: this.#graph.feedsOf(batch.map(({ encoding }) => encoding)) };
  }

  async #runBatch(entries: readonly Entry[], feeds: Feeds): Promise<void> {
    const lengths = entries.map(({ tokens }) => tokens);
    const longest = Math.max(...lengths);
    const batch = { size: entries.length, tokens: longest * entries.length };
    this.#onBatch({ ...batch, lengths });
    const start = performance.now();
    try {
      const outputs = await this.#graph.run(feeds);
      const inferMs = performance.now() - start;
      for (const call of new Set(entries.map((entry) => entry.call))) call.spent(inferMs, batch);
      for (const [row, { call, place, encoding }] of entries.entries()) {
        call.settle(place, longest, () => this.#graph.resultOf(outputs, row, encoding));
      }
    } catch (error) {
      if (entries.length > 1 && this.#graph.mayRetry(error)) await this.#retryEach(entries);
      else for (const { call, place } of entries) call.refuse(place, error, this.#graph.mayRetry(error));
    }
  }

  /** One by one, so that only what the model can not be run on fails, and nobody else in its batch. */
  async #retryEach(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      if (entry.call.over) continue;
      await this.#runBatch([entry], this.#graph.feedsOf([entry.encoding]));
    }
  }
}

function overdue(maxQueueMs: number): EngineError {
  return new EngineError(
    'OVERLOADED',
    `No batch was free for this request within ${maxQueueMs} ms. Try again later.`,
    { details: { maxQueueMs } },
  );
}
