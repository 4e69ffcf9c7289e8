/** What the app asks of whoever takes the requests that this process should not answer. */
import type { JobView } from '../jobs/job.ts';

/** One request, as far as somebody else needs it. */
export interface HandedRequest {
  readonly method: 'GET' | 'POST';
  /** Names the model, unless the body does. */
  readonly path: string;
  readonly headers: Headers;
  /** Decompressed. Nothing of a GET. */
  readonly body?: Uint8Array;
  /** Name of the model. */
  readonly model: string;
  /** As the request names it, with its version where it does. */
  readonly ref: string;
  /** Whether this process has a package of the model, too. */
  readonly servedHere: boolean;
  /** What the client said of waiting. @default - it waits */
  readonly preference?: Preference;
  /** Of the client: with the same key and the same request it gets the same job. */
  readonly idempotencyKey?: string;
  /** `performance.now()` at the head of the request. */
  readonly start: number;
  /** Milliseconds after which this process is stopped, whatever it does. @default - it is not */
  readonly remainingMs?: number;
  /** Aborted once the client is gone. */
  readonly signal: AbortSignal;
}

/** `Prefer: respond-async`: https://datatracker.ietf.org/doc/html/rfc7240#section-4.1 */
export interface Preference {
  /** Milliseconds that the client would wait for the answer itself, `wait=10`. */
  readonly waitMs: number;
}

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
  /** @throws HttpError INVALID_REQUEST once nobody waits any more; what `Jobs.submit` throws */
  take(request: HandedRequest): Promise<HandOverOutcome>;
}

/** What became of one request. */
export interface HandOverRecord {
  readonly model: string;
  readonly outcome: HandOverOutcome['kind'];
  /** After it. */
  readonly circuit: CircuitName;
}
