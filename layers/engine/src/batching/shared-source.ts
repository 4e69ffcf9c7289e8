/** Lets calls share batches: the entries that wait when a session is free are merged by length, whichever call they belong to. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { BatchEntry, BatchSource, Choice } from './batch-source.ts';
import { type Lengths, type QueueLimits, TokenQueue } from './token-queue.ts';

/** Once a call has waited for this long, short texts no longer go before long ones, and the other session takes all. */
const SHORT_FIRST_MS = 500;

export class SharedSource implements BatchSource {
  readonly #limits: QueueLimits;
  readonly #queue: TokenQueue<BatchEntry>;
  readonly #lengths: Readonly<Record<Choice['lengths'], Lengths>>;
  readonly shortTokens: number;

  constructor(limits: QueueLimits, shortTokens: number) {
    this.#limits = limits;
    this.#queue = new TokenQueue(limits);
    this.shortTokens = shortTokens;
    this.#lengths = { all: {}, long: { above: shortTokens }, short: { most: shortTokens } };
  }

  get size(): number {
    return this.#queue.size;
  }

  get tokens(): number {
    return this.#queue.tokens;
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

  /** Once a call has waited for too long, short entries are not taken by themselves, and others in the order of arrival. */
  take(now: number, { lengths, maxTokens }: Choice): readonly BatchEntry[] {
    const inOrder = this.#queue.waited(now) > SHORT_FIRST_MS;
    if (inOrder && lengths === 'short') return [];
    const { batch, expired } = this.#queue.take(now, inOrder ? {} : this.#lengths[lengths], maxTokens);
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
