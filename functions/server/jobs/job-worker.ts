/** Takes jobs from the queue, several at once so that they share batches, and lets them go when the process ends. */

import { pause } from '@pilotlight/app/internal/aws/pause';
import type { Delivery, SqsQueue } from '@pilotlight/app/internal/aws/sqs-queue';
import { type JobPlace, openJobStorage } from '@pilotlight/app/internal/jobs/s3-jobs';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { backoffMs } from '@pilotlight/model-format/internal/network/retry';
import { JobMetrics } from './job-metrics.ts';
import type { Fetch } from './job-replay.ts';
import { type DeliveryOutcome, JobRun, type RunDependencies } from './job-run.ts';

export interface WorkerDependencies extends Omit<RunDependencies, 'mostReceives'> {
  readonly queue: SqsQueue;
  /** Jobs under way at once. */
  readonly concurrency: number;
}

/** The pauses after polls that failed. */
const BACKOFF = { firstMs: 1000, longestMs: 20_000 };
/** The rest after the server was too full for a job, because the other jobs that wait would find the same, at the price of some requests to S3 and SQS each. */
const REST_MS = 5000;
/** The part of the grace that is kept for giving back jobs that did not end. */
const RETURN_MS = 2000;

export interface WorkerSettings {
  readonly PILOTLIGHT_JOB_CONCURRENCY: number;
  readonly PILOTLIGHT_JOB_LEASE_SECONDS: number;
  readonly PILOTLIGHT_JOB_MAX_ATTEMPTS: number;
}

/** Starts a worker that sends each job of `place` to `fetch`. */
export function startJobWorker(
  place: JobPlace,
  settings: WorkerSettings,
  fetch: Fetch,
  logger: Logger,
): JobWorker {
  return new JobWorker({
    ...openJobStorage(place, process.env),
    fetch,
    logger,
    concurrency: settings.PILOTLIGHT_JOB_CONCURRENCY,
    leaseMs: settings.PILOTLIGHT_JOB_LEASE_SECONDS * 1000,
    maxAttempts: settings.PILOTLIGHT_JOB_MAX_ATTEMPTS,
  });
}

export class JobWorker {
  readonly #parts: WorkerDependencies;
  readonly #metrics = new JobMetrics(() => this.running);
  readonly #running = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #ending = new AbortController();
  readonly #polling: Promise<void>;
  /** On the clock of `Date.now`. */
  #restsUntil = 0;

  /** Begins to take jobs. */
  constructor(parts: WorkerDependencies) {
    this.#parts = parts;
    this.#polling = this.#poll();
  }

  /** Jobs under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Its metrics, as /metrics shows them. */
  render(): string {
    return this.#metrics.render();
  }

  /**
   * Takes nothing more, and gives back to the queue what is not done shortly before the end of the grace. Never rejects,
   * and takes no longer: what cannot be given back by then is delivered again once its lease has ended.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort();
    const timer = setTimeout(() => this.#ending.abort(), Math.max(0, graceMs - RETURN_MS));
    const over = new AbortController();
    const ended = this.#polling.then(() => Promise.all(this.#running));
    await Promise.race([ended, pause(graceMs, over.signal)]);
    clearTimeout(timer);
    over.abort();
    if (this.running > 0) {
      this.#parts.logger.error('Jobs were still under way at the end of the grace', { jobs: this.running });
    }
  }

  async #poll(): Promise<void> {
    const { queue, concurrency, leaseMs, logger } = this.#parts;
    const { signal } = this.#stopped;
    let mostReceives: number | undefined;
    for (let failures = 0; !signal.aborted; ) {
      if (this.#running.size >= concurrency) {
        await Promise.race(this.#running);
        continue;
      }
      const restMs = this.#restsUntil - Date.now();
      if (restMs > 0) {
        await pause(restMs, signal);
        continue;
      }
      try {
        mostReceives ??= await queue.mostReceives();
        const count = concurrency - this.#running.size;
        const deliveries = await queue.receive({ count, visibilitySeconds: leaseMs / 1000, signal });
        for (const delivery of deliveries) this.#take(delivery, mostReceives);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        logger.error('The job queue could not be asked', { error });
        await pause(backoffMs(failures, BACKOFF), signal);
      }
    }
  }

  #take(delivery: Delivery, mostReceives: number): void {
    const work = this.#deliver(delivery, mostReceives).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #deliver(delivery: Delivery, mostReceives: number): Promise<void> {
    const { logger } = this.#parts;
    const start = performance.now();
    let outcome: DeliveryOutcome | 'broken' = 'broken';
    try {
      outcome = await new JobRun({ ...this.#parts, mostReceives }, delivery).deliver(this.#ending.signal);
    } catch (error) {
      // The message is seen again once nobody hides it any more.
      logger.error('A job could not be worked on', { messageId: delivery.id, error });
    }
    if (outcome === 'overloaded') this.#restsUntil = Date.now() + REST_MS;
    this.#metrics.delivered(outcome, (performance.now() - start) / 1000);
  }
}
