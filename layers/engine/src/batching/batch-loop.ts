/** Runs batches, wherever they come from: each idle session gets the next batch of the source. */
import { setImmediate } from 'node:timers/promises';
import type { Encoding, Feeds } from '../ports.ts';
import type { BatchEntry, BatchSource, LaneKind } from './batch-source.ts';
import type { GraphRunner } from './graph-runner.ts';
import { PendingCall } from './pending-call.ts';
import type { FeedsReport, ScheduledCall, ScheduleReport, Scheduler } from './scheduler.ts';
import { Turns } from './turns.ts';

/** A batch that is about to run. */
export interface BatchShape {
  readonly size: number;
  /** Padding included. */
  readonly tokens: number;
  /** Tokens of each of its entries. */
  readonly lengths: readonly number[];
}

interface Batch {
  readonly entries: readonly BatchEntry[];
  readonly feeds: Feeds;
}

/** A session, the entries that it is for, and what it runs next. */
interface Lane {
  readonly kind: LaneKind;
  readonly graph: GraphRunner;
  readonly turns: Turns;
  /** Made while another one ran. */
  next: Batch | undefined;
  busy: boolean;
}

export interface BatchLoopDependencies {
  readonly graph: GraphRunner;
  /** Runs short texts alone. @default - they share the other one */
  readonly shortGraph: GraphRunner | undefined;
  readonly source: BatchSource;
  /** Must not throw. */
  readonly onBatch: (batch: BatchShape) => void;
}

export class BatchLoop implements Scheduler {
  readonly #source: BatchSource;
  readonly #onBatch: (batch: BatchShape) => void;
  readonly #main: Lane;
  readonly #lanes: readonly Lane[];

  constructor({ graph, shortGraph, source, onBatch }: BatchLoopDependencies) {
    this.#source = source;
    this.#onBatch = onBatch;
    this.#main = openLane(shortGraph ? 'long' : 'only', graph);
    this.#lanes = shortGraph ? [this.#main, openLane('short', shortGraph)] : [this.#main];
  }

  get queued(): number {
    return this.#lanes.reduce((sum, { next }) => sum + (next?.entries.length ?? 0), this.#source.size);
  }

  get maxBatchTokens(): number {
    return this.#source.maxBatchTokens;
  }

  async run(encodings: readonly Encoding[], scheduled: ScheduledCall): Promise<ScheduleReport> {
    scheduled.signal?.throwIfAborted();
    const call = new PendingCall(encodings.length, scheduled);
    this.#source.push(
      encodings.map((encoding, place) => ({
        tokens: this.#main.graph.paddedLength(encoding),
        call,
        place,
        encoding,
      })),
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
    for (const lane of this.#lanes) {
      if (lane.busy) this.#prepareFull(lane);
      else {
        const batch = lane.next ?? this.#prepare(lane);
        if (batch) void this.#serve(lane, batch);
      }
    }
  }

  /** Never rejects, because every failure is told to the calls that wait for it. */
  async #serve(lane: Lane, { entries, feeds }: Batch): Promise<void> {
    lane.busy = true;
    lane.next = undefined;
    await lane.turns.take(async () => {
      const running = this.#runBatch(lane, entries, feeds);
      this.#prepareFull(lane);
      await running;
    });
    // A session in this thread blocks it: between two batches, whatever has arrived meanwhile joins the queue.
    await setImmediate();
    lane.busy = false;
    this.#runIdle();
  }

  /** A batch that is not full waits for more entries. */
  #prepareFull(lane: Lane): void {
    if (this.#lanes.length === 1 && this.#source.full) lane.next ??= this.#prepare(lane);
  }

  /** Takes the next batch and makes its tensors. Entries that cannot become tensors fail, and the next ones are taken. */
  #prepare(lane: Lane): Batch | undefined {
    const take = () => this.#source.take(performance.now(), lane.kind);
    for (let entries = take(); entries.length > 0; entries = take()) {
      try {
        return { entries, feeds: feedsFor(lane, entries) };
      } catch (error) {
        for (const { call } of entries) call.fail(error);
      }
    }
    return undefined;
  }

  async #runBatch(lane: Lane, entries: readonly BatchEntry[], feeds?: Feeds): Promise<void> {
    const { graph } = lane;
    const lengths = entries.map(({ encoding }) => encoding.ids.length);
    const longest = Math.max(...entries.map(({ tokens }) => tokens));
    const batch = { size: entries.length, tokens: longest * entries.length };
    this.#onBatch({ ...batch, lengths });
    const start = performance.now();
    try {
      const outputs = await graph.run(feeds ?? feedsFor(lane, entries));
      const inferMs = performance.now() - start;
      for (const call of new Set(entries.map((entry) => entry.call))) call.spent(inferMs, batch);
      for (const [row, { call, place, encoding }] of entries.entries()) {
        call.settle(place, longest, () => graph.readResult(outputs, row, encoding));
      }
    } catch (error) {
      if (entries.length > 1 && graph.mayRetry(error)) await this.#retryEach(lane, entries);
      else for (const { call, place } of entries) call.refuse(place, longest, error, graph.mayRetry(error));
    }
  }

  /** Runs the entries one by one, so that only an entry that the model cannot be run on fails, and nothing else in its batch. */
  async #retryEach(lane: Lane, entries: readonly BatchEntry[]): Promise<void> {
    for (const entry of entries) if (!entry.call.over) await this.#runBatch(lane, [entry]);
  }
}

function openLane(kind: LaneKind, graph: GraphRunner): Lane {
  return { kind, graph, turns: new Turns(), next: undefined, busy: false };
}

function feedsFor({ graph }: Lane, entries: readonly BatchEntry[]): Feeds {
  return graph.makeFeeds(entries.map(({ encoding }) => encoding));
}
