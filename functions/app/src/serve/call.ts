/** One request on its way through the app. */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { LambdaContext } from 'hono/aws-lambda';
import { type ErrorFormat, plainError } from '../http/errors.ts';
import type { Limits } from '../http/limits.ts';
import { RequestBody } from '../http/request/body.ts';
import type { RequestContext } from './ports.ts';

export class Call {
  /** `performance.now()` at the head of the request. */
  readonly start = performance.now();
  /** Lambda's id of the invocation or of the request, or one of its own. */
  readonly id: string;
  readonly c: Context;
  readonly body: RequestBody;
  /** Name of the route in the route table. */
  route = 'unmatched';
  /** Whether the route is one by which a wire format asks for predictions. */
  predicts = false;
  /** How errors look to clients of its wire format. */
  formatError: ErrorFormat = plainError;
  /** Name of the model, once it is known to exist. */
  model = '';
  /** The version of the model, once a prediction was asked of it. */
  version = '';
  /** The code of the error that was answered. */
  code = '';
  /** Whether its answer was made with its headers, so that none has to be put into it any more. */
  headed = false;
  /** Who answered; `sibling` is another function of the deployment. */
  servedBy: 'function' | 'sibling' | 'server' | 'queue' = 'function';
  /** Name of the API key that it came with, where keys are asked for. */
  caller: string | undefined;
  /** Tokens that models read for it, and wrote. */
  tokens = 0;
  /** Settles, and never rejects, once an answer that is told piece by piece is at its end. */
  streamed: Promise<void> | undefined;
  /** The status that an error would have had, of an answer that had begun. */
  failedAs: number | undefined;

  /** `keepsBody`: whether somebody else may have to read the bytes, too. */
  constructor(c: Context, limits: Limits, keepsBody: boolean) {
    const { lambdaContext, requestId }: RequestContext & { lambdaContext?: LambdaContext } = c.env ?? {};
    this.id = lambdaContext?.awsRequestId ?? requestId ?? randomUUID();
    this.c = c;
    this.body = new RequestBody(c.req.raw, limits, keepsBody);
  }

  /** Does `work` once the answer is made: now, or at the end of one that is told piece by piece. It must not throw. */
  onceMade(work: () => void): void {
    if (this.streamed) void this.streamed.then(work);
    else work();
  }
}

const KEY = 'call';

export function setCall(c: Context, call: Call): void {
  c.set(KEY, call);
}

/** The call that `c` is the context of. */
export function getCall(c: Context): Call {
  const call: Call = c.get(KEY);
  return call;
}
