/** Runs batches, wherever they come from: each idle session gets the next batch of the source. */
import { setImmediate } from 'node:timers/promises';
import type { Encoding, Feeds } from '../ports.ts';
import { warnOfFailure } from '../session/warn-of-failure.ts';
import type { BatchEntry, BatchSource, Choice } from './batch-source.ts';
import type { GraphRunner } from './graph-runner.ts';
import { choose, type Lane, listWorking, openLane } from './lanes.ts';
import { PendingCall } from './pending-call.ts';
import type { FeedsReport, ScheduledCall, ScheduleReport, Scheduler } from './scheduler.ts';

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

/** Tells the calls of a batch what came of it. */
type Tell = () => void;

/** The sessions of one model, by what they are for. */
export type Graphs =
  | { readonly only: GraphRunner }
  /** `short` runs short texts alone, and `long` the others. */
  | { readonly long: GraphRunner; readonly short: GraphRunner }
  /** `whole` uses all threads; the parts run batches beside one another, open once something waits for them, and close when nothing did for long. */
  | ({ readonly whole: GraphRunner } & Parts);

interface Parts {
  readonly openParts: () => Promise<readonly GraphRunner[]>;
  /** Frees them; they may be opened anew. */
  readonly closeParts: () => Promise<void>;
}

/** Time without a batch after which the parts close. They open again in some hundred milliseconds, while the other session goes on. */
const PARTS_IDLE_MS = 60_000;

export interface BatchLoopDependencies {
  readonly graphs: Graphs;
  readonly source: BatchSource;
  /** Must not throw. */
  readonly onBatch: (batch: BatchShape) => void;
}

export class BatchLoop implements Scheduler {
  readonly #source: BatchSource;
  readonly #onBatch: (batch: BatchShape) => void;
  /** In the order in which they choose. */
  readonly #lanes: [Lane, ...Lane[]];
  readonly #parts: Parts | undefined;
  /** Whether nobody has opened the parts, where there are to be any. */
  #partsClosed: boolean;
  #partsIdle: NodeJS.Timeout | undefined;
  /** Made while another one ran. */
  #next: Batch | undefined;

  constructor({ graphs, source, onBatch }: BatchLoopDependencies) {
    this.#source = source;
    this.#onBatch = onBatch;
    this.#lanes = openLanes(graphs);
    this.#parts = 'openParts' in graphs ? graphs : undefined;
    this.#partsClosed = this.#parts !== undefined;
  }

  get queued(): number {
    return this.#source.size + (this.#next?.entries.length ?? 0);
  }

  get maxBatchTokens(): number {
    return this.#source.maxBatchTokens;
  }

  async run(encodings: readonly Encoding[], scheduled: ScheduledCall): Promise<ScheduleReport> {
    scheduled.signal?.throwIfAborted();
    const call = new PendingCall(encodings.length, scheduled);
    const [{ graph }] = this.#lanes;
    this.#source.push(
      encodings.map((encoding, place) => ({
        tokens: graph.paddedLength(encoding),
        call,
        place,
        encoding,
        pooling: scheduled.pooling,
      })),
    );
    this.#runIdle();
    return call.report;
  }

  async runFeeds(feeds: Feeds): Promise<FeedsReport> {
    const start = performance.now();
    const [{ graph, turns }] = this.#lanes;
    return turns.take(async (queueMs) => {
      const outputs = await graph.run(feeds);
      return { outputs, queueMs, inferMs: performance.now() - start - queueMs };
    });
  }

  /** Gives each idle session its next batch; while the only one runs, its next is made ready once it could not be larger. */
  #runIdle(): void {
    const lanes = listWorking(this.#lanes);
    for (const lane of lanes) {
      const choice = lane.running ? undefined : choose(lane, lanes, this.#source);
      const batch = choice && this.#prepare(lane, choice);
      if (batch) void this.#serve(lane, batch);
    }
    if (this.#parts && this.#partsClosed && this.#source.size > 0) void this.#addParts(this.#parts);
    this.#prepareFull();
  }

  /** Never rejects: where the parts cannot be opened, the session of all threads runs everything. */
  async #addParts(parts: Parts): Promise<void> {
    this.#partsClosed = false;
    try {
      this.#lanes.push(...(await parts.openParts()).map((part) => openLane('part', part)));
      this.#partsIdle = setTimeout(() => void this.#removeParts(parts), PARTS_IDLE_MS).unref();
      this.#runIdle();
    } catch (cause) {
      warnOfFailure('Batches run one after the other, because no more sessions open', cause);
    }
  }

  /** Gives the memory of the parts back, unless one of them runs. */
  async #removeParts({ closeParts }: Parts): Promise<void> {
    const isPart = ({ role }: Lane) => role === 'part';
    if (this.#lanes.some((lane) => isPart(lane) && lane.running)) {
      this.#partsIdle?.refresh();
      return;
    }
    const [whole, ...others] = this.#lanes;
    this.#lanes.splice(0, this.#lanes.length, whole, ...others.filter((lane) => !isPart(lane)));
    try {
      await closeParts();
    } catch (cause) {
      warnOfFailure('Sessions without work did not close', cause);
    }
    this.#partsClosed = true;
  }

  /** Never rejects, because every failure is told to the calls that wait for it. */
  async #serve(lane: Lane, { entries, feeds }: Batch): Promise<void> {
    const lengths = entries.map(({ tokens }) => tokens);
    lane.running = { tokens: sum(lengths), longest: Math.max(...lengths) };
    if (lane.role === 'part') this.#partsIdle?.refresh();
    const tell = await lane.turns.take(() => this.#runBatch(lane, entries, feeds));
    if (lane.graph.runsElsewhere) {
      // The session has its next batch before this thread turns to what came of the last one.
      lane.running = undefined;
      this.#runIdle();
      tell();
    } else {
      tell();
      // A session in this thread blocks it: between two batches, whatever has arrived meanwhile joins the queue.
      await setImmediate();
      lane.running = undefined;
      this.#runIdle();
    }
  }

  /** A batch that is not full waits for more entries. */
  #prepareFull(): void {
    const [lane, ...others] = this.#lanes;
    if (others.length > 0 || !lane.running || !this.#source.full) return;
    this.#next ??= this.#take(lane, { lengths: 'all' });
  }

  /** What the lane runs next. */
  #prepare(lane: Lane, choice: Choice): Batch | undefined {
    const made = this.#next ?? this.#take(lane, choice);
    this.#next = undefined;
    return made;
  }

  /** Takes the next batch and makes its tensors. Entries that cannot become tensors fail, and the next ones are taken. */
  #take({ graph }: Lane, choice: Choice): Batch | undefined {
    const take = () => this.#source.take(performance.now(), choice);
    for (let entries = take(); entries.length > 0; entries = take()) {
      try {
        return { entries, feeds: graph.makeFeeds(entries) };
      } catch (error) {
        for (const { call } of entries) call.fail(error);
      }
    }
    return undefined;
  }

  async #runBatch(lane: Lane, entries: readonly BatchEntry[], feeds: Feeds): Promise<Tell> {
    const { graph } = lane;
    const lengths = entries.map(({ encoding }) => encoding.ids.length);
    const longest = Math.max(...entries.map(({ tokens }) => tokens));
    const batch = { size: entries.length, tokens: longest * entries.length };
    this.#onBatch({ ...batch, lengths });
    const start = performance.now();
    try {
      const read = await graph.runRows(feeds, entries);
      const inferMs = performance.now() - start;
      return () => {
        for (const call of new Set(entries.map((entry) => entry.call))) call.spent(inferMs, batch);
        for (const [row, { call, place, encoding }] of entries.entries()) {
          call.settle(place, longest, () => read(row, encoding));
        }
      };
    } catch (error) {
      if (entries.length > 1 && graph.mayRetry(error)) return this.#retryEach(lane, entries);
      const ofThis = graph.mayRetry(error);
      return () => {
        for (const { call, place } of entries) call.refuse(place, longest, error, ofThis);
      };
    }
  }

  /** Runs the entries one by one, so that only an entry that the model cannot be run on fails, and nothing else in its batch. */
  async #retryEach(lane: Lane, entries: readonly BatchEntry[]): Promise<Tell> {
    for (const entry of entries) {
      if (entry.call.over) continue;
      const tell = await this.#runBatch(lane, [entry], lane.graph.makeFeeds([entry]));
      tell();
    }
    return () => {};
  }
}

function openLanes(graphs: Graphs): [Lane, ...Lane[]] {
  if ('only' in graphs) return [openLane('only', graphs.only)];
  if ('long' in graphs) return [openLane('long', graphs.long), openLane('short', graphs.short)];
  return [openLane('whole', graphs.whole)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
