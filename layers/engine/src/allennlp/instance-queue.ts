/**
 * The instances that wait for the model, of all calls: batches of like size under a budget of padded tokens, one at a time. Where calls
 * share batches, an instance may run beside those of others.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import { type BatchTally, NO_BATCHES, tallied } from '../batching/scheduler.ts';
import type { Instance } from './instance.ts';
import { costOf, sizeOf } from './instance-size.ts';

export interface QueueSettings {
  /** Largest product of the instances of a batch and their greatest cost. */
  readonly tokenBudget: number;
  /** Whether instances of several calls run in one batch. */
  readonly shared: boolean;
  /** Whether each instance runs alone, because padding would change its answer. */
  readonly alone: boolean;
}

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
  left: number;
  inferMs: number;
  padded: number;
  batches: BatchTally;
}

interface Entry {
  readonly call: Call;
  readonly place: number;
  readonly instance: Instance;
  readonly tokens: number;
  readonly cost: number;
}

export class InstanceQueue {
  readonly #run: RunBatch;
  readonly #settings: QueueSettings;
  readonly #waiting = new Set<Entry>();
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
      outcomes: instances.map(() => undefined),
      done: resolve,
      left: instances.length,
      inferMs: 0,
      padded: 0,
      batches: NO_BATCHES,
    };
    for (const [place, instance] of instances.entries()) {
      const size = sizeOf(instance);
      this.#waiting.add({ call, place, instance, tokens: size.tokens, cost: costOf(size) });
    }
    if (instances.length > 0) {
      void this.#loop();
      await promise;
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
    const { tokenBudget, shared, alone } = this.#settings;
    const own = [...this.#waiting].filter(({ call }) => call === oldest.call);
    const first = own.reduce((largest, entry) => (entry.cost > largest.cost ? entry : largest), oldest);
    const batch = [first];
    let greatest = first.cost;
    for (const entry of alone ? [] : byDistance(shared ? this.#waiting : own, first.cost)) {
      if (entry === first) continue;
      const cost = Math.max(greatest, entry.cost);
      if (cost * (batch.length + 1) > tokenBudget) break;
      greatest = cost;
      batch.push(entry);
    }
    for (const entry of batch) this.#waiting.delete(entry);
    return batch;
  }

  #dropAborted(): void {
    for (const entry of this.#waiting) {
      if (!entry.call.signal?.aborted) continue;
      this.#waiting.delete(entry);
      settle(entry, { error: entry.call.signal.reason });
    }
  }

  /** Where a batch cannot be run, its instances are run one by one, so that none suffers from another. */
  async #runBatch(batch: readonly Entry[]): Promise<void> {
    const start = performance.now();
    const outcomes = await this.#outcomes(batch);
    const ms = performance.now() - start;
    const longest = Math.max(...batch.map(({ tokens }) => tokens));
    const size = { size: batch.length, tokens: longest * batch.length };
    for (const call of new Set(batch.map((entry) => entry.call))) {
      call.inferMs += ms;
      call.batches = tallied(call.batches, size);
    }
    for (const [index, entry] of batch.entries()) {
      entry.call.padded += longest - entry.tokens;
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

/** Those of the nearest cost first, and of equal ones the oldest. A sort of all of them for each batch would take longer than the batch. */
function* byDistance(entries: Iterable<Entry>, cost: number): Generator<Entry> {
  const groups = new Map<number, Entry[]>();
  for (const entry of entries) {
    const distance = Math.abs(entry.cost - cost);
    const group = groups.get(distance);
    if (group) group.push(entry);
    else groups.set(distance, [entry]);
  }
  for (const distance of [...groups.keys()].sort((a, b) => a - b)) yield* groups.get(distance) ?? [];
}

function settle({ call, place }: Entry, outcome: InstanceOutcome): void {
  call.outcomes[place] = outcome;
  call.left -= 1;
  if (call.left === 0) call.done();
}

function missing(): EngineError {
  return new EngineError('SESSION_FAILED', 'The model gave another number of outputs than it had instances.');
}
