/** One delivery of a job's message, from its receipt to its end: ADR-jobs.md of functions/app/src/jobs has the reasons. */
import { randomUUID } from 'node:crypto';
import type { Delivery } from '@pilotlight/app/internal/aws/sqs-queue';
import {
  isOver,
  type JobError,
  type JobMessage,
  type JobResult,
  type JobState,
  jobMessageSchema,
} from '@pilotlight/app/internal/jobs/job';
import { begin, busyMs, fail, finish, isOverdue, putBack } from '@pilotlight/app/internal/jobs/transitions';
import { PilotlightError } from '@pilotlight/engine';
import { JobLease, type LeaseDependencies } from './job-lease.ts';
import { type Fetch, type ReplayOutcome, replay } from './job-replay.ts';

export interface RunDependencies extends LeaseDependencies {
  readonly fetch: Fetch;
  /** How often a job is begun before it has failed. */
  readonly maxAttempts: number;
  /** Deliveries that the queue makes of one message. */
  readonly mostReceives: number;
}

/** The outcome of one delivery. */
export type DeliveryOutcome =
  | 'done'
  | 'failed'
  | 'cancelled'
  /** It failed, and is to be begun again. */
  | 'retried'
  /** The server was too full, and it is to be begun again. */
  | 'overloaded'
  /** The process ends. */
  | 'returned'
  /** Another process has done it, or works on it. */
  | 'repeated'
  /** There is no such job (any more), or the message cannot be read. */
  | 'dropped';

/** Waits grow from attempt to attempt; for a full server they grow from delivery to delivery, with a random part. */
const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 300;
const OVERLOADED_SECONDS = { least: 2, most: 10 };

export class JobRun {
  readonly #parts: RunDependencies;
  readonly #delivery: Delivery;
  readonly #run = randomUUID();

  constructor(parts: RunDependencies, delivery: Delivery) {
    this.#parts = parts;
    this.#delivery = delivery;
  }

  /** `ending` is aborted when what still runs is to go back to the queue. @throws what S3 and SQS throw */
  async deliver(ending: AbortSignal): Promise<DeliveryOutcome> {
    const message = parseMessage(this.#delivery.body);
    if (!message) return this.#bury('cannot be read');
    const found = await this.#read(message.job);
    if (found === 'corrupt') return this.#bury('has a state that cannot be read');
    if (!found) return this.#drop('dropped');
    if (isOver(found)) return this.#leaveOver(found);
    if (this.#nearsItsLastDelivery()) return this.#renewMessage(message);
    const busy = busyMs(found, this.#run, Date.now());
    if (busy > 0) return this.#hide(busy / 1000, 'repeated');
    const kept = found.attempts > 0 ? await this.#parts.store.keptResult(found.id) : undefined;
    if (kept) return this.#finish(found.id, kept);
    if (isOverdue(found, Date.now(), this.#parts.store.deadlineMs)) return this.#expire(found.id);
    if (found.attempts >= this.#parts.maxAttempts) return this.#fail(found.id, workerLost(found.attempts));
    return this.#work(found.id, ending);
  }

  async #work(id: string, ending: AbortSignal): Promise<DeliveryOutcome> {
    const { store, leaseMs } = this.#parts;
    const begun = await store.change(id, (state) => begin(state, this.#run, Date.now(), leaseMs));
    if (begun?.status !== 'running' || begun.run !== this.#run) return this.#hide(1, 'repeated');
    const lease = new JobLease(this.#parts, this.#delivery, id, this.#run);
    try {
      const outcome = await this.#replay(begun, AbortSignal.any([ending, lease.lost]));
      await lease.end();
      return await this.#settle(begun, outcome, lease.lost.aborted);
    } finally {
      await lease.end();
    }
  }

  async #replay({ id, request }: JobState, signal: AbortSignal): Promise<ReplayOutcome> {
    const { store, fetch } = this.#parts;
    const body = await store.request(id);
    if (!body)
      return {
        kind: 'refused',
        error: { status: 404, code: 'JOB_NOT_FOUND', message: 'Its request was deleted.' },
      };
    return replay(fetch, { ...request, body }, signal);
  }

  async #settle(state: JobState, outcome: ReplayOutcome, isLost: boolean): Promise<DeliveryOutcome> {
    const { id, attempts } = state;
    if (outcome.kind === 'done') {
      return this.#finish(id, await this.#parts.store.keepResult(id, outcome.answer));
    }
    if (outcome.kind === 'refused') return this.#fail(id, outcome.error);
    if (outcome.kind === 'failed') {
      if (attempts >= this.#parts.maxAttempts) return this.#fail(id, outcome.error);
      return this.#putBack(id, true, retrySeconds(attempts), 'retried');
    }
    if (outcome.kind === 'overloaded') {
      return this.#putBack(id, false, overloadedSeconds(this.#delivery.receives), 'overloaded');
    }
    return isLost ? this.#leaveLost(id) : this.#putBack(id, false, 0, 'returned');
  }

  /** A job that was cancelled or deleted while it ended must not leave a result. */
  async #finish(id: string, result: JobResult): Promise<DeliveryOutcome> {
    const { store } = this.#parts;
    const state = await store.change(id, (found) => finish(found, result, Date.now()));
    return state?.status === 'done' && state.result ? this.#drop('done') : this.#leaveOver(state, id);
  }

  async #fail(id: string, error: JobError): Promise<DeliveryOutcome> {
    const state = await this.#parts.store.change(id, (found) => fail(found, error, Date.now()));
    return this.#drop(state?.status === 'cancelled' ? 'cancelled' : 'failed');
  }

  /** Lets the job fail as overdue, unless a process has begun it since. */
  async #expire(id: string): Promise<DeliveryOutcome> {
    const state = await this.#parts.store.expire(id);
    if (state?.status === 'failed') return this.#drop('failed');
    return !state || isOver(state) ? this.#leaveOver(state, id) : this.#hide(1, 'repeated');
  }

  async #putBack(
    id: string,
    counts: boolean,
    seconds: number,
    outcome: DeliveryOutcome,
  ): Promise<DeliveryOutcome> {
    const state = await this.#parts.store.change(id, (found) => putBack(found, this.#run, counts));
    return !state || isOver(state) ? this.#leaveOver(state, id) : this.#hide(seconds, outcome);
  }

  async #leaveLost(id: string): Promise<DeliveryOutcome> {
    const state = await this.#parts.store.read(id);
    return !state || isOver(state) ? this.#leaveOver(state, id) : 'repeated';
  }

  /** Deletes the result that a killed run has left behind, if the job was cancelled then. */
  async #leaveOver(state: JobState | undefined, id = state?.id): Promise<DeliveryOutcome> {
    const isKept = state?.status === 'done' && state.result !== undefined;
    if (id !== undefined && !isKept) await this.#parts.store.deleteResult(id);
    return this.#drop(state?.status === 'cancelled' ? 'cancelled' : 'repeated');
  }

  /** The queue is not to take a job out of service that has attempts left: a message of its own has deliveries left. */
  async #renewMessage(message: JobMessage): Promise<DeliveryOutcome> {
    await this.#parts.queue.send(message);
    return this.#drop('repeated');
  }

  /** Looks one delivery ahead, so that a delivery that fails at the renewal is not the last. */
  #nearsItsLastDelivery(): boolean {
    const { mostReceives } = this.#parts;
    return mostReceives > 1 && this.#delivery.receives >= Math.max(2, mostReceives - 1);
  }

  /** Leaves the message for the next deliveries until it is a dead letter; without a dead-letter queue, deletes it. */
  async #bury(fault: string): Promise<DeliveryOutcome> {
    const { logger, mostReceives } = this.#parts;
    logger.error(`A message of the job queue ${fault}`, { messageId: this.#delivery.id });
    return Number.isFinite(mostReceives) ? this.#hide(0, 'dropped') : this.#drop('dropped');
  }

  async #drop(outcome: DeliveryOutcome): Promise<DeliveryOutcome> {
    await this.#parts.queue.delete(this.#delivery);
    return outcome;
  }

  async #hide(seconds: number, outcome: DeliveryOutcome): Promise<DeliveryOutcome> {
    await this.#parts.queue.hide(this.#delivery, seconds);
    return outcome;
  }

  async #read(id: string): Promise<JobState | undefined | 'corrupt'> {
    try {
      return await this.#parts.store.read(id);
    } catch (error) {
      if (!PilotlightError.is(error) || error.code !== 'JOB_CORRUPT') throw error;
      this.#parts.logger.error(error.message, { messageId: this.#delivery.id, error });
      return 'corrupt';
    }
  }
}

function parseMessage(body: string): JobMessage | undefined {
  try {
    return jobMessageSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function workerLost(attempts: number): JobError {
  const message = `It was begun ${attempts} times, and each time its process ended, or lost S3, before it was done.`;
  return { status: 500, code: 'WORKER_LOST', message };
}

function retrySeconds(attempts: number): number {
  return Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (attempts - 1));
}

function overloadedSeconds(receives: number): number {
  const { least, most } = OVERLOADED_SECONDS;
  const seconds = least + Math.random() * (most - least);
  return Math.min(LONGEST_RETRY_SECONDS, seconds * 2 ** (receives - 1));
}
