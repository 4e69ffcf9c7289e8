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

/** Short texts, and the session that is theirs alone. */
export interface ShortLane {
  readonly graph: GraphRunner;
  /** Tokens of the longest. */
  readonly longest: number;
}

/** A session and what it runs next. */
interface Lane extends ShortLane {
  readonly turns: Turns;
  /** Made while another one ran. */
  next: Batch | undefined;
  draining: boolean;
}

/** Once anybody has waited so long, short texts no longer go before long ones, and the session of all has the processor to itself. */
const SHORT_FIRST_MS = 500;

export class DynamicScheduler implements Scheduler {
  readonly #limits: QueueLimits;
  readonly #onBatch: (batch: BatchShape) => void;
  readonly #queue: TokenQueue<Entry>;
  /** Takes whatever has waited longest. */
  readonly #main: Lane;
  /** Those after the first take short texts while it is busy. */
  readonly #lanes: readonly Lane[];

  /** `onBatch` must not throw. */
  constructor(
    graph: GraphRunner,
    limits: QueueLimits,
    onBatch: (batch: BatchShape) => void,
    shortLane?: ShortLane,
  ) {
    this.#limits = limits;
    this.#onBatch = onBatch;
    this.#queue = new TokenQueue(limits);
    this.#main = laneOf({ graph, longest: Number.POSITIVE_INFINITY });
    this.#lanes = [this.#main, ...(shortLane ? [laneOf(shortLane)] : [])];
  }

  get queued(): number {
    return this.#lanes.reduce((sum, { next }) => sum + (next?.entries.length ?? 0), this.#queue.size);
  }

  async run(encodings: readonly Encoding[], scheduled: ScheduledCall): Promise<ScheduleReport> {
    scheduled.signal?.throwIfAborted();
    const call = new PendingCall(encodings.length, scheduled);
    this.#queue.push(
      encodings.map((encoding, place) => ({ tokens: encoding.ids.length, call, place, encoding })),
    );
    const shortest = Math.min(...encodings.map(({ ids }) => ids.length));
    for (const lane of this.#lanes) {
      if (lane.draining) this.#prepareFull(lane);
      else if (shortest <= lane.longest) void this.#drain(lane);
    }
    return call.report;
  }

  async runFeeds(feeds: Feeds): Promise<FeedsReport> {
    const start = performance.now();
    const { graph, turns } = this.#main;
    return turns.take(async (queueMs) => {
      const outputs = await graph.run(feeds);
      return { outputs, queueMs, inferMs: performance.now() - start - queueMs };
    });
  }

  /** Runs batches until nothing waits. Never rejects: whatever fails is told to those who wait for it. */
  async #drain(lane: Lane): Promise<void> {
    lane.draining = true;
    for (let batch = this.#prepare(lane); batch; batch = lane.next ?? this.#prepare(lane)) {
      const { entries, feeds } = batch;
      lane.next = undefined;
      await lane.turns.take(async () => {
        const running = this.#runBatch(lane, entries, feeds);
        this.#prepareFull(lane);
        await running;
      });
      // A session in this thread blocks it: between two batches, what has arrived meanwhile joins the queue.
      await setImmediate();
    }
    lane.draining = false;
  }

  /** While a batch runs, the next is made once it is as large as it may be; a smaller one waits for company. */
  #prepareFull(lane: Lane): void {
    if (lane === this.#main && this.#queue.full) lane.next ??= this.#prepare(lane);
  }

  #prepare(lane: Lane): Batch | undefined {
    const { graph, longest } = lane;
    const now = performance.now();
    if (lane !== this.#main && this.#queue.waited(now) > SHORT_FIRST_MS) return undefined;
    const { batch, expired } = this.#queue.take(now, longest);
    for (const { call } of expired) call.fail(overdue(this.#limits.maxQueueMs));
    if (batch.length === 0) return undefined;
    return { entries: batch, feeds: graph.feedsOf(batch.map(({ encoding }) => encoding)) };
  }

  async #runBatch(lane: Lane, entries: readonly Entry[], feeds: Feeds): Promise<void> {
    const { graph } = lane;
    const lengths = entries.map(({ tokens }) => tokens);
    const longest = Math.max(...lengths);
    const batch = { size: entries.length, tokens: longest * entries.length };
    this.#onBatch({ ...batch, lengths });
    const start = performance.now();
    try {
      const outputs = await graph.run(feeds);
      const inferMs = performance.now() - start;
      for (const call of new Set(entries.map((entry) => entry.call))) call.spent(inferMs, batch);
      for (const [row, { call, place, encoding }] of entries.entries()) {
        call.settle(place, longest, () => graph.resultOf(outputs, row, encoding));
      }
    } catch (error) {
      if (entries.length > 1 && graph.mayRetry(error)) await this.#retryEach(lane, entries);
      else for (const { call, place } of entries) call.refuse(place, error, graph.mayRetry(error));
    }
  }

  /** One by one, so that only what the model can not be run on fails, and nobody else in its batch. */
  async #retryEach(lane: Lane, entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      if (entry.call.over) continue;
      await this.#runBatch(lane, [entry], lane.graph.feedsOf([entry.encoding]));
    }
  }
}

function laneOf(lane: ShortLane): Lane {
  return { ...lane, turns: new Turns(), next: undefined, draining: false };
}

function overdue(maxQueueMs: number): EngineError {
  return new EngineError(
    'OVERLOADED',
    `No batch was free for this request within ${maxQueueMs} ms. Try again later.`,
    { details: { maxQueueMs } },
  );
}
