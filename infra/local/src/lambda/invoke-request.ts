import type { Outcome } from './environment/execution-environment.ts';

export interface InvokeRequest {
  /** Name or ARN of the function, with or without a qualifier. */
  readonly functionName: string;
  /** JSON. */
  readonly payload: Buffer | string;
  /** Alias, or $LATEST. @default - that of `functionName`, else $LATEST */
  readonly qualifier?: string | undefined;
  /** @default - a new one */
  readonly traceId?: string | undefined;
}

export type InvokeResult = Outcome & { readonly requestId: string };

/** Runs a function once. @throws LambdaServiceError where Lambda would not have run it */
export type Invoke = (request: InvokeRequest) => Promise<InvokeResult>;
