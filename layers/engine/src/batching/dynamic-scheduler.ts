/** Calls share batches: whatever waits when the session is free is merged by length, whoever asked for it. */
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding, Feeds } from '../ports.ts';
import type { GraphRunner } from './graph-runner.ts';
import { PendingCall } from './pending-call.ts';
import type { FeedsReport, ScheduledCall, ScheduleReport, Scheduler } from './scheduler.ts';
import { type Lengths, type QueueEntry, type QueueLimits, TokenQueue } from './token-queue.ts';
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

/** A session, the lengths that it is for, and what it runs next. */
interface Lane {
  readonly graph: GraphRunner;
  /** Tokens of the entries that it takes; those of others, too, once anybody has waited for long. */
  readonly lengths: Lengths;
  readonly turns: Turns;
  /** Made while another one ran. */
  next: Batch | undefined;
  busy: boolean;
}

/** Once a call has waited so long, short texts no longer go before long ones, and the other session takes all. */
const SHORT_FIRST_MS = 500;

export class DynamicScheduler implements Scheduler {
  readonly #limits: QueueLimits;
  readonly #onBatch: (batch: BatchShape) => void;
  readonly #queue: TokenQueue<Entry>;
  /** Takes the long ones where there is a lane of short ones, and whatever has waited longest where not. */
  readonly #main: Lane;
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
    this.#main = laneOf(graph, shortLane ? { above: shortLane.longest } : {});
    this.#lanes = [this.#main, ...(shortLane ? [laneOf(shortLane.graph, { most: shortLane.longest })] : [])];
  }

  get queued(): number {
    return this.#lanes.reduce((sum, { next }) => sum + (next?.entries.length ?? 0), this.#queue.size);
  }

  get maxBatchTokens(): number {
    return this.#limits.maxBatchTokens;
  }

  async run(encodings: readonly Encoding[], scheduled: ScheduledCall): Promise<ScheduleReport> {
    scheduled.signal?.throwIfAborted();
    const call = new PendingCall(encodings.length, scheduled);
    this.#queue.push(
      encodings.map((encoding, place) => ({ tokens: encoding.ids.length, call, place, encoding })),
    );
    this.#runIdle();
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

  /** Gives each idle session its next batch; while the others run, theirs is made ready once it could not be larger. */
  #runIdle(): void {
    const now = performance.now();
    for (const lane of this.#lanes) {
      if (lane.busy) this.#prepareFull(lane, now);
      else {
        const batch = lane.next ?? this.#prepare(lane, now);
        if (batch) void this.#serve(lane, batch);
      }
    }
  }

  /** Never rejects: whatever fails is told to those who wait for it. */
  async #serve(lane: Lane, { entries, feeds }: Batch): Promise<void> {
    lane.busy = true;
    lane.next = undefined;
    await lane.turns.take(async () => {
      const running = this.#runBatch(lane, entries, feeds);
      this.#prepareFull(lane, performance.now());
      await running;
    });
    // A session in this thread blocks it: between two batches, what has arrived meanwhile joins the queue.
    await setImmediate();
    lane.busy = false;
    this.#runIdle();
  }

  /** A smaller batch waits for company. */
  #prepareFull(lane: Lane, now: number): void {
    if (this.#lanes.length === 1 && this.#queue.full) lane.next ??= this.#prepare(lane, now);
  }

  /** At any time, some lane takes what waits: the main one, in the order of arrival, or each its own. */
  #prepare(lane: Lane, now: number): Batch | undefined {
    const inOrder = this.#queue.waited(now) > SHORT_FIRST_MS;
    if (inOrder && lane !== this.#main) return undefined;
    const { batch, expired } = this.#queue.take(now, inOrder ? {} : lane.lengths);
    for (const { call } of expired) call.fail(overdue(this.#limits.maxQueueMs));
    if (batch.length === 0) return undefined;
    return { entries: batch, feeds: lane.graph.feedsOf(batch.map(({ encoding }) => encoding)) };
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

function laneOf(graph: GraphRunner, lengths: Lengths): Lane {
  return { graph, lengths, turns: new Turns(), next: undefined, busy: false };
}

function overdue(maxQueueMs: number): EngineError {
  return new EngineError(
    'OVERLOADED',
    `No batch was free for this request within ${maxQueueMs} ms. Try again later.`,
    { details: { maxQueueMs } },
  );
}
