/** Lets calls share batches: the entries that wait when a session is free are merged by length, whichever call they belong to. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { BatchEntry, BatchSource, LaneKind } from './batch-source.ts';
import { type Lengths, type QueueLimits, TokenQueue } from './token-queue.ts';

/** Once a call has waited for this long, short texts no longer go before long ones, and the other session takes all. */
const SHORT_FIRST_MS = 500;

export class SharedSource implements BatchSource {
  readonly #limits: QueueLimits;
  readonly #queue: TokenQueue<BatchEntry>;
  readonly #lengths: Readonly<Record<LaneKind, Lengths>>;

  /** `shortTokens` is the length of the longest texts that the lane of short ones takes. */
  constructor(limits: QueueLimits, shortTokens: number) {
    this.#limits = limits;
    this.#queue = new TokenQueue(limits);
    this.#lengths = { only: {}, long: { above: shortTokens }, short: { most: shortTokens } };
  }

  get size(): number {
    return this.#queue.size;
  }

  get full(): boolean {
    return this.#queue.full;
  }

  get maxBatchTokens(): number {
    return this.#limits.maxBatchTokens;
  }

  push(entries: readonly BatchEntry[]): void {
    this.#queue.push(entries);
  }

  /** Each lane takes its own entries. Once a call has waited for too long, the lane of long texts takes all of them in the order of arrival. */
  take(now: number, lane: LaneKind): readonly BatchEntry[] {
    const inOrder = this.#queue.waited(now) > SHORT_FIRST_MS;
    if (inOrder && lane === 'short') return [];
    const { batch, expired } = this.#queue.take(now, inOrder ? {} : this.#lengths[lane]);
    for (const { call } of expired) call.fail(overdue(this.#limits.maxQueueMs));
    return batch;
  }
}

function overdue(maxQueueMs: number): EngineError {
  return new EngineError(
    'OVERLOADED',
    `No batch was free for this request within ${maxQueueMs} ms. Try again later.`,
    { details: { maxQueueMs } },
  );
}
