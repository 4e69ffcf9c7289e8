/**
 * The instances that wait for the model, of all calls: batches of like size under a budget of padded tokens, one at a time. Where calls
 * share batches, an instance may run beside those of others.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import type { BatchRecord } from '../../batching/batching-settings.ts';
import { type BatchTally, NO_BATCHES, tallied } from '../../batching/scheduler.ts';
import type { Instance } from './instance.ts';
import { costOf, type InstanceSize, paddedTogether, sizeOf } from './instance-size.ts';
import { MOST_CELLS } from './limits/size-limits.ts';

export interface QueueSettings {
  /** Largest product of the instances of a batch and their greatest cost. */
  readonly tokenBudget: number;
  /** Whether instances of several calls run in one batch. */
  readonly shared: boolean;
  /** Whether each instance runs alone, because padding would change its answer. */
  readonly alone: boolean;
  /** Values of the largest tensor that the model makes of an instance. @default - those of its own tensors */
  readonly cellsOf?: ((instance: Instance) => number) | undefined;
  /** Is told of each batch that ran. @default - nobody is */
  readonly onBatch?: ((batch: InstanceBatch) => void) | undefined;
}

/** As the batch of a model that reads tokens. */
export type InstanceBatch = Pick<BatchRecord, 'size' | 'tokens' | 'lengths'>;

export type RunBatch = (batch: readonly Instance[]) => Promise<readonly unknown[]>;

/** What became of an instance. */
export type InstanceOutcome = { readonly output: unknown } | { readonly error: unknown };

export interface QueueReport {
  /** One for each instance, in order. */
  readonly outcomes: readonly InstanceOutcome[];
  /** Milliseconds that the call waited for batches that were not its own. */
  readonly queueMs: number;
  readonly inferMs: number;
  /** Tokens that the model read as padding. */
  readonly padded: number;
  readonly batches: BatchTally;
}

interface Call {
  readonly signal: AbortSignal | undefined;
  readonly outcomes: (InstanceOutcome | undefined)[];
  readonly done: () => void;
  /** Its instances that wait, the largest last; those that ran beside another call are still among them. */
  readonly smallestFirst: Entry[];
  left: number;
  inferMs: number;
  padded: number;
  batches: BatchTally;
}

interface Entry {
  readonly call: Call;
  readonly place: number;
  readonly instance: Instance;
  readonly size: InstanceSize;
  readonly cost: number;
  /** Values of the largest tensor that the model makes of it. */
  readonly cells: number;
}

export class InstanceQueue {
  readonly #run: RunBatch;
  readonly #settings: QueueSettings;
  readonly #waiting = new Set<Entry>();
  readonly #calls = new Set<Call>();
  #running = false;

  constructor(run: RunBatch, settings: QueueSettings) {
    this.#run = run;
    this.#settings = settings;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Runs the instances of one call. @throws the reason of an aborted `signal`, between two batches */
  async run(instances: readonly Instance[], signal?: AbortSignal): Promise<QueueReport> {
    signal?.throwIfAborted();
    const start = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    const call: Call = {
      signal,
      smallestFirst: [],
      outcomes: instances.map(() => undefined),
      done: resolve,
      left: instances.length,
      inferMs: 0,
      padded: 0,
      batches: NO_BATCHES,
    };
    for (const [place, instance] of instances.entries()) {
      const size = sizeOf(instance);
      const cells = this.#settings.cellsOf?.(instance) ?? size.cells;
      call.smallestFirst.push({ call, place, instance, size, cost: costOf(size), cells });
    }
    for (const entry of call.smallestFirst) this.#waiting.add(entry);
    call.smallestFirst.sort((a, b) => a.cost - b.cost || b.place - a.place);
    if (instances.length > 0) {
      this.#calls.add(call);
      void this.#loop();
      await promise;
      this.#calls.delete(call);
    }
    signal?.throwIfAborted();
    const outcomes = call.outcomes.map((outcome) => outcome ?? { error: signal?.reason });
    const queueMs = Math.max(0, performance.now() - start - call.inferMs);
    const { inferMs, padded, batches } = call;
    return { outcomes, queueMs, inferMs, padded, batches };
  }

  async #loop(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#runBatch(batch);
    } finally {
      this.#running = false;
    }
  }

  /** Takes the largest instance of the oldest call, and those nearest to its size; for the same call alone, always in the same way. */
  #take(): readonly Entry[] {
    this.#dropAborted();
    const [oldest] = this.#waiting;
    if (!oldest) return [];
    const own = oldest.call.smallestFirst;
    let first = own.pop();
    while (first && !this.#waiting.has(first)) first = own.pop();
    if (!first) return [];
    const batch = [first];
    if (!this.#settings.alone) this.#fill(batch, this.#candidates(first));
    for (const entry of batch) this.#waiting.delete(entry);
    return batch;
  }

  /** The instances that may run beside one, the nearest to its size first. */
  *#candidates(first: Entry): Generator<Entry> {
    const { shared } = this.#settings;
    const distance = ({ cost }: Entry): number => Math.abs(cost - first.cost);
    // Of one call the first is the largest, so that the others are the nearer the larger they are.
    const farthestFirst = shared
      ? [...this.#waiting].reverse().sort((a, b) => distance(b) - distance(a))
      : first.call.smallestFirst;
    for (let place = farthestFirst.length - 1; place >= 0; place--) {
      const entry = farthestFirst[place];
      if (entry && entry !== first && this.#waiting.has(entry)) yield entry;
    }
  }

  /** Adds instances to a batch until the next one would make it larger than it may be. */
  #fill(batch: Entry[], candidates: Iterable<Entry>): void {
    const [first] = batch;
    if (!first) return;
    let { size, cells } = first;
    for (const entry of candidates) {
      const [together, most] = [paddedTogether(size, entry.size), Math.max(cells, entry.cells)];
      const count = batch.length + 1;
      if (costOf(together) * count > this.#settings.tokenBudget || most * count > MOST_CELLS) return;
      [size, cells] = [together, most];
      batch.push(entry);
    }
  }

  #dropAborted(): void {
    for (const call of this.#calls) {
      if (!call.signal?.aborted) continue;
      for (const entry of call.smallestFirst) {
        if (this.#waiting.delete(entry)) settle(entry, { error: call.signal.reason });
      }
    }
  }

  /** Where a batch cannot be run, its instances are run one by one, so that none suffers from another. */
  async #runBatch(batch: readonly Entry[]): Promise<void> {
    const start = performance.now();
    const outcomes = await this.#outcomes(batch);
    const ms = performance.now() - start;
    const longest = Math.max(...batch.map(({ size: { tokens } }) => tokens));
    const size = { size: batch.length, tokens: longest * batch.length };
    this.#settings.onBatch?.({ ...size, lengths: batch.map(({ size: { tokens } }) => tokens) });
    for (const call of new Set(batch.map((entry) => entry.call))) {
      call.inferMs += ms;
      call.batches = tallied(call.batches, size);
    }
    for (const [index, entry] of batch.entries()) {
      entry.call.padded += longest - entry.size.tokens;
      settle(entry, outcomes[index] ?? { error: missing() });
    }
  }

  async #outcomes(batch: readonly Entry[]): Promise<readonly InstanceOutcome[]> {
    try {
      const outputs = await this.#run(batch.map(({ instance }) => instance));
      if (outputs.length !== batch.length) throw missing();
      return outputs.map((output) => ({ output }));
    } catch (error) {
      if (batch.length === 1) return [{ error }];
      const outcomes: InstanceOutcome[] = [];
      for (const entry of batch) outcomes.push(...(await this.#outcomes([entry])));
      return outcomes;
    }
  }
}

function settle({ call, place }: Entry, outcome: InstanceOutcome): void {
  call.outcomes[place] = outcome;
  call.left -= 1;
  if (call.left === 0) call.done();
}

function missing(): EngineError {
  return new EngineError('SESSION_FAILED', 'The model gave another number of outputs than it had instances.');
}
