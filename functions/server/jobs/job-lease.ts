/** The heart-beat of a running job: keeps its message hidden and its lease from ending, and notices what others did to it. */

import type { Delivery, SqsQueue } from '@pilotlight/app/internal/aws/sqs-queue';
import type { JobStore } from '@pilotlight/app/internal/jobs/store';
import { renew } from '@pilotlight/app/internal/jobs/transitions';
import type { Logger } from '@pilotlight/app/internal/serve/ports';

export interface LeaseDependencies {
  readonly store: JobStore;
  readonly queue: Pick<SqsQueue, 'hide' | 'delete' | 'send'>;
  readonly logger: Logger;
  readonly leaseMs: number;
}

/** Beats in the time of a lease: two may fail. */
const BEATS = 3;

export class JobLease {
  readonly #parts: LeaseDependencies;
  readonly #delivery: Delivery;
  readonly #job: string;
  readonly #run: string;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #beat: Promise<void> = Promise.resolve();

  /** Begins to beat. */
  constructor(parts: LeaseDependencies, delivery: Delivery, job: string, run: string) {
    this.#parts = parts;
    this.#delivery = delivery;
    this.#job = job;
    this.#run = run;
    this.#schedule();
  }

  /** A signal that is aborted once the job was cancelled, or taken over by another run. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** No beat is under way any more once it resolves. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#beat;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#beat = this.#renew();
    }, this.#parts.leaseMs / BEATS);
  }

  async #renew(): Promise<void> {
    const { store, queue, logger, leaseMs } = this.#parts;
    // The lease ends before the message is seen by others, so that the next delivery finds it free.
    const now = Date.now();
    try {
      const state = await store.change(this.#job, (found) => renew(found, this.#run, now, leaseMs));
      if (state?.status !== 'running' || state.run !== this.#run) return this.#lost.abort();
      await queue.hide(this.#delivery, leaseMs / 1000);
    } catch (error) {
      // The id of a job is the only key to it, so the log has that of the message.
      logger.warn('A heart-beat of a job failed', { messageId: this.#delivery.id, error });
    }
    this.#schedule();
  }
}
