/** What the app asks of whoever takes the requests that this process should not answer. */

import type { Preference } from '../http/request/preference.ts';
import type { JobView } from '../jobs/job.ts';

/** One request, as far as somebody else needs it. */
export interface HandedRequest {
  readonly method: 'GET' | 'POST';
  /** Names the model, unless the body does. */
  readonly path: string;
  readonly headers: Headers;
  /** Decompressed. Nothing of a GET. */
  readonly body: Uint8Array | undefined;
  /** Name of the model. */
  readonly model: string;
  /** As the request names it, with its version where it does. */
  readonly ref: string;
  /** Whether this process has a package of the model, too. */
  readonly servedHere: boolean;
  /** What the client said of waiting. @default - it waits */
  readonly preference: Preference | undefined;
  /** Of the client: with the same key and the same request it gets the same job. */
  readonly idempotencyKey: string | undefined;
  /** `performance.now()` at the head of the request. */
  readonly start: number;
  /** Milliseconds after which this process is stopped, whatever it does. @default - it is not */
  readonly remainingMs: number | undefined;
  /** Aborted once the client is gone. */
  readonly signal: AbortSignal;
}

/** Who is to answer a call. */
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

/** What became of one request. */
export interface HandOverRecord {
  readonly model: string;
  readonly outcome: HandOverOutcome['kind'];
  /** After it. */
  readonly circuit: CircuitName;
}
