/** Hands requests over: to the server while it answers, to the queue of jobs or back to this process while it does not. */

import type { Jobs } from '../jobs/job.ts';
import type { Admission, HandedRequest, HandOver, HandOverOutcome } from '../serve/hand-over-port.ts';
import type { Logger } from '../serve/ports.ts';
import { afterForward, afterProbe, type Circuit, type CircuitSettings, CLOSED, decide } from './circuit.ts';
import type { ServerClient } from './client.ts';
import { ServerError } from './errors.ts';

/** The time that is kept for writing a job before Lambda ends the invocation. */
const SUBMIT_MS = 4_000;

/** Where the server is, and what it serves. */
export interface HandOverSettings extends CircuitSettings {
  /** The address of its load balancer. */
  readonly url: string;
  /**
   * Its models by name, each with what becomes of a request while no server answers: it waits as a `job`, or the
   * function's own package of the model answers on its `cpu`.
   */
  readonly models: Readonly<Record<string, 'job' | 'cpu'>>;
  /** Estimated milliseconds of inference above which one of `models` is not run here. @default - any number */
  readonly maxInferMs?: number | undefined;
  /** Milliseconds that an answer may take from the head of the request. */
  readonly deadlineMs: number;
}

export interface ServerHandOverOptions {
  readonly settings: HandOverSettings;
  readonly client: Pick<ServerClient, 'send' | 'isReady'>;
  readonly logger: Logger;
  /** @default - what nobody answers is refused */
  readonly jobs?: Jobs;
  /** In milliseconds. @default - `Date.now`, because `performance.now` may stand still while Lambda freezes the process */
  readonly clock?: () => number;
}

type Outcome = {
  [Kind in HandOverOutcome['kind']]: Omit<Extract<HandOverOutcome, { kind: Kind }>, 'circuit'>;
}[HandOverOutcome['kind']];

/** One for each process, because every request can use what it has learnt of the server. */
export class ServerHandOver implements HandOver {
  readonly models: readonly string[];
  readonly maxInferMs?: number;
  readonly queues: boolean;
  readonly #parts: ServerHandOverOptions;
  readonly #clock: () => number;
  #circuit: Circuit = CLOSED;

  constructor(parts: ServerHandOverOptions) {
    const { models, maxInferMs } = parts.settings;
    this.models = Object.keys(models);
    if (maxInferMs !== undefined) this.maxInferMs = maxInferMs;
    this.queues = parts.jobs !== undefined;
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
  }

  async take(request: HandedRequest, to: Exclude<Admission, 'here'>): Promise<HandOverOutcome> {
    const outcome = await this.#take(request, to);
    return { ...outcome, circuit: this.#circuit.state };
  }

  async #take(request: HandedRequest, to: Exclude<Admission, 'here'>): Promise<Outcome> {
    const { jobs } = this.#parts;
    if (to === 'queue' && jobs) return this.#queue(request, jobs);
    const forwarded = (await this.#admitted()) ? await this.#forward(request) : 'absent';
    if (forwarded instanceof Response) return { kind: 'forwarded', response: forwarded };
    return this.#without(request, forwarded);
  }

  /** Whether to ask the server; where the circuit was open, it is asked first whether it is ready. */
  async #admitted(): Promise<boolean> {
    const { settings, client } = this.#parts;
    const { circuit, admission } = decide(this.#circuit, this.#clock(), settings);
    this.#become(circuit);
    if (admission === 'probe') this.#become(afterProbe(await client.isReady(), this.#clock()));
    return admission !== 'refuse' && this.#circuit.state === 'closed';
  }

  async #forward(request: HandedRequest): Promise<Response | 'absent' | 'late'> {
    const { settings, client, logger } = this.#parts;
    const { start, signal, model, remainingMs = Number.POSITIVE_INFINITY } = request;
    // If no queue takes the request, a client that would rather not wait has to.
    const preference = this.queues ? request.preference : undefined;
    const spentMs = performance.now() - start;
    const mayTakeMs = Math.min(settings.deadlineMs - spentMs, remainingMs - SUBMIT_MS);
    const wouldWaitMs = (preference?.waitMs ?? Number.POSITIVE_INFINITY) - spentMs;
    try {
      const response = await client.send(request, Math.min(mayTakeMs, wouldWaitMs));
      this.#become(afterForward(this.#circuit, true, this.#clock(), settings));
      return response;
    } catch (error) {
      if (signal.aborted || !(error instanceof ServerError)) throw error;
      const isLate = error.code === 'SERVER_TIMEOUT';
      // If the client would not wait for longer, that says nothing about the server.
      const isImpatience = isLate && wouldWaitMs < mayTakeMs;
      if (!isImpatience) {
        logger.warn('The server did not answer', { model, code: error.code, error });
        this.#become(afterForward(this.#circuit, false, this.#clock(), settings));
      }
      return isLate ? 'late' : 'absent';
    }
  }

  /** A call that waited in vain has no time left to be answered here. */
  async #without(request: HandedRequest, why: 'absent' | 'late'): Promise<Outcome> {
    const { settings, jobs } = this.#parts;
    // Nobody would learn the id of a job that is made now, and nobody waits for an answer.
    request.signal.throwIfAborted();
    const isForCpu = settings.models[request.model] === 'cpu' && request.servedHere;
    if (isForCpu && why === 'absent') return { kind: 'here' };
    if (request.method === 'POST' && jobs) return this.#queue(request, jobs);
    return { kind: 'refused' };
  }

  async #queue({ ref, path, headers, body, idempotencyKey }: HandedRequest, jobs: Jobs): Promise<Outcome> {
    const contentType = headers.get('content-type') ?? 'application/json';
    const accept = headers.get('accept');
    const job = await jobs.submit(
      { path, contentType, body: body ?? new Uint8Array(), ...(accept !== null && { accept }) },
      ref,
      { idempotencyKey },
    );
    return { kind: 'queued', job };
  }

  #become(circuit: Circuit): void {
    const { logger, settings } = this.#parts;
    const [before, after] = [this.#circuit.state, circuit.state];
    this.#circuit = circuit;
    if (before !== after) logger.info(`The circuit to the server is ${after}`, { before, url: settings.url });
  }
}
