/** The interface to whatever takes the requests that this process should not answer. */

import type { Preference } from '../http/request/preference.ts';
import type { JobView } from '../jobs/job.ts';

/** One request, as far as somebody else needs it. */
export interface HandedRequest {
  readonly method: 'GET' | 'POST';
  /** The path of the route; it names the model, unless the body does. */
  readonly path: string;
  readonly headers: Headers;
  /** The decompressed body; nothing for a GET. */
  readonly body: Uint8Array | undefined;
  /** Name of the model. */
  readonly model: string;
  /** The model as the request names it, with its version if it names one. */
  readonly ref: string;
  /** Whether this process also has a package of the model. */
  readonly servedHere: boolean;
  /** How long the client would wait. @default - it waits */
  readonly preference: Preference | undefined;
  /** The key of the client, which gets the same job for the same key and the same request. */
  readonly idempotencyKey: string | undefined;
  /** `performance.now()` at the head of the request. */
  readonly start: number;
  /** Milliseconds after which this process is stopped, whatever it does. @default - it is not */
  readonly remainingMs: number | undefined;
  /** Aborted once the client is gone. */
  readonly signal: AbortSignal;
}

/** The one that is to answer a call. */
export type Admission = 'here' | 'server' | 'queue';

export type CircuitName = 'closed' | 'open' | 'half-open';

export type HandOverOutcome = { readonly circuit: CircuitName } & (
  | { readonly kind: 'forwarded'; readonly response: Response }
  | { readonly kind: 'queued'; readonly job: JobView }
  /** This process is to answer after all. */
  | { readonly kind: 'here' }
  /** Nobody can answer now. */
  | { readonly kind: 'refused' }
);

export interface HandOver {
  /** Names of the models that may be handed over. */
  readonly models: readonly string[];
  /** Estimated milliseconds of inference above which one of them is. @default - for its work, none is */
  readonly maxInferMs?: number;
  /** Whether it has a queue for jobs. */
  readonly queues: boolean;
  /** `to`: who was admitted to answer. @throws the reason of the request's signal once that is aborted; what `Jobs.submit` throws */
  take(request: HandedRequest, to: Exclude<Admission, 'here'>): Promise<HandOverOutcome>;
}

/** The outcome of one request that was handed over. */
export interface HandOverRecord {
  readonly model: string;
  readonly outcome: HandOverOutcome['kind'];
  /** After it. */
  readonly circuit: CircuitName;
}
