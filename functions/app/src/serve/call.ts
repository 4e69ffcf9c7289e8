/** One request, on its way through a handler. */
import type { Context } from 'hono';
import type { LambdaContext } from 'hono/aws-lambda';
import { idempotencyKeyOf } from '../answer/accepted-job.ts';
import { appPath } from '../request/base-path.ts';
import { RequestBody } from '../request/body.ts';
import { HandedOver, preferenceOf } from './hand-over.ts';
import type { HandedRequest, HandOver, Preference } from './hand-over-port.ts';
import type { Limits } from '../request/limits.ts';
import { requestedModel } from '../request/requested-model.ts';

/** What a handler sees of it. */
export interface Call {
  /** `performance.now()` at the head of the request. */
  readonly start: number;
  readonly body: RequestBody;
  /**
   * Tells telemetry the model, once it is known to exist.
   *
   * @throws HandedOver where the client would not wait at all, and the container has the model
   */
  nameModel(name: string): void;
  /** The same request where its path names the model, so that no header is needed. @default - its own path */
  nameBy(path: string): void;
  /** Estimated milliseconds of inference of the model that was named, above which the call is for somebody else. */
  readonly maxInferMs: number;
}

/** What `serving` knows of it beside. */
export class ServedCall implements Call {
  readonly start = performance.now();
  readonly body: RequestBody;
  readonly #c: Context;
  readonly #handOver: HandOver | undefined;
  readonly #preference: Preference | undefined;
  #path: string | undefined;
  #model = '';
  #staysHere = false;

  constructor(c: Context, limits: Limits, handOver: HandOver | undefined) {
    this.#c = c;
    this.#handOver = handOver;
    this.body = new RequestBody(c.req.raw, limits, handOver !== undefined);
    this.#preference = handOver && c.req.method === 'POST' ? preferenceOf(c.req.raw.headers) : undefined;
  }

  /** Empty while none is named. */
  get model(): string {
    return this.#model;
  }

  get maxInferMs(): number {
    const isTaken = !this.#staysHere && this.#handOver?.models.includes(this.#model);
    return (isTaken ? this.#handOver?.maxInferMs : undefined) ?? Number.POSITIVE_INFINITY;
  }

  nameModel(name: string): void {
    this.#model = name;
    const wouldNotWait = this.#preference?.waitMs === 0 && !this.#staysHere;
    const isTaken = wouldNotWait && this.#handOver?.models.includes(name);
    if (isTaken) throw new HandedOver(name, { servedHere: true });
  }

  nameBy(path: string): void {
    this.#path = path;
  }

  /** From now on nothing is handed over. */
  stayHere(): void {
    this.#staysHere = true;
  }

  /** What somebody else needs to answer it. */
  async handed(model: string, servedHere: boolean): Promise<HandedRequest> {
    this.#model = model;
    const { method, raw } = this.#c.req;
    const own = {
      model,
      ref: requestedModel(this.#c) || model,
      servedHere,
      path: this.#path ?? appPath(this.#c),
      headers: raw.headers,
      start: this.start,
      ...remainingMs(this.#c),
      signal: raw.signal,
    };
    if (method !== 'POST') return { ...own, method: 'GET' };
    const preference = this.#preference && { preference: this.#preference };
    return { ...own, ...idempotencyKeyOf(this.#c), ...preference, method, body: await this.body.bytes() };
  }
}

/** What Lambda leaves of the invocation; a server has no end. */
function remainingMs({ env }: Context): { readonly remainingMs?: number } {
  const { lambdaContext }: { lambdaContext?: LambdaContext } = env ?? {};
  return lambdaContext ? { remainingMs: lambdaContext.getRemainingTimeInMillis() } : {};
}
