/** A call whose encodings wait for batches or are in them. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { TokenResult } from '../ports.ts';
import {
  type BatchTally,
  NO_BATCHES,
  type ScheduledCall,
  type ScheduleReport,
  tallied,
} from './scheduler.ts';
import type { QueuedCall } from './token-queue.ts';

export class PendingCall implements QueuedCall {
  readonly arrivedAt = performance.now();
  begun = false;
  readonly background: boolean;
  /** Settles once every encoding is delivered or refused, or the call has failed. */
  readonly report: Promise<ScheduleReport>;
  readonly #scheduled: ScheduledCall;
  readonly #settled = Promise.withResolvers<ScheduleReport>();
  #left: number;
  #inferMs = 0;
  #read = 0;
  #batches = NO_BATCHES;
  #over = false;

  constructor(encodings: number, scheduled: ScheduledCall) {
    this.#left = encodings;
    this.#scheduled = scheduled;
    this.background = scheduled.background ?? false;
    this.report = this.#settled.promise;
    scheduled.signal?.addEventListener('abort', this.#abandon);
    if (encodings === 0) this.#finish();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Counts the time of a batch that had any of its encodings. */
  spent(inferMs: number, batch: Pick<BatchTally, 'size' | 'tokens'>): void {
    this.#inferMs += inferMs;
    this.#batches = tallied(this.#batches, batch);
  }

  /** Delivers a result. `read` counts the tokens that the model read for it, padding included. */
  settle(place: number, read: number, result: () => TokenResult): void {
    if (this.#over) return;
    this.#read += read;
    this.#tell(() => this.#scheduled.deliver(place, result()));
  }

  /** Refuses an encoding. `ofThis` says that the error is about this encoding alone; `read` counts its tokens as in `settle`. */
  refuse(place: number, read: number, error: unknown, ofThis: boolean): void {
    const { refuse } = this.#scheduled;
    if (this.#over) return;
    this.#read += read;
    if (ofThis && refuse && error instanceof EngineError) this.#tell(() => refuse(place, error));
    else this.fail(error);
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#settled.reject(error);
  }

  readonly #abandon = (): void => this.fail(this.#scheduled.signal?.reason);

  /** Tells the caller of a result. An error that the caller throws ends its own call, and nothing else. */
  #tell(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#left -= 1;
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.#end();
    const waited = performance.now() - this.arrivedAt - this.#inferMs;
    this.#settled.resolve({
      queueMs: Math.max(0, waited),
      inferMs: this.#inferMs,
      read: this.#read,
      batches: this.#batches,
    });
  }

  #end(): void {
    this.#over = true;
    this.#scheduled.signal?.removeEventListener('abort', this.#abandon);
  }
}
