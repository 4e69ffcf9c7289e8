import type { Outcome } from './environment/execution-environment.ts';
import { LambdaServiceError } from './errors.ts';
import type { OnStream } from './runtime/runtime-api.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_REQUEST_BYTES = 6_291_456;

export interface InvokeRequest {
  /** Name or ARN of the function, with or without a qualifier. */
  readonly functionName: string;
  /** JSON. */
  readonly payload: Buffer | string;
  /** Alias, or $LATEST. @default - that of `functionName`, else $LATEST */
  readonly qualifier?: string | undefined;
  /** @default - a new one */
  readonly traceId?: string | undefined;
  /** Gets the answer of a function that sends it as it makes it; the result has then no payload. @default - the result has all of it */
  readonly onStream?: OnStream | undefined;
}

export type InvokeResult = Outcome & { readonly requestId: string };

/** Runs a function once. @throws LambdaServiceError where Lambda would not have run it */
export type Invoke = (request: InvokeRequest) => Promise<InvokeResult>;

/** `size` is that of the payload, in words. */
export function payloadTooLarge(size: string): LambdaServiceError {
  return new LambdaServiceError(
    'RequestTooLargeException',
    `${size} payload is too large for the RequestResponse invocation type (limit ${MAX_REQUEST_BYTES} bytes)`,
  );
}
