/** A call that the server or the queue answers: the request that they get, and the answer that the client gets. */
import { tooMuchWork } from '@pilotlight/engine/internal/batching/token-limits';
import type { Context } from 'hono';
import type { LambdaContext } from 'hono/aws-lambda';
import { acceptJob } from '../http/answer/accepted-job.ts';
import { passOn } from '../http/answer/forwarded-answer.ts';
import { appPath } from '../http/base-path.ts';
import { HttpError } from '../http/errors.ts';
import { type Preference, readIdempotencyKey } from '../http/request/preference.ts';
import type { Call } from './call.ts';
import type { Admission, HandedRequest } from './hand-over-port.ts';
import type { AppDependencies } from './ports.ts';
import type { Resolution } from './resolve.ts';
import { whileConnected } from './while-connected.ts';
import type { Ask } from './wire-format.ts';

/** The header in which an answer says how many tokens the model read. */
const TOKENS = 'x-compute-tokens';

export interface Elsewhere {
  readonly ask: Ask;
  readonly resolution: Exclude<Resolution, { kind: 'missing' | 'sibling' }>;
  readonly admission: Exclude<Admission, 'here'>;
  readonly preference: Preference | undefined;
  /** The work that the call would be for this process. */
  readonly estimate: () => Promise<{ readonly tokens: number; readonly estimatedMs: number }>;
}

/**
 * The answer of the server, or of the queue; nothing where this process is to answer after all.
 *
 * @throws HttpError SERVER_UNAVAILABLE, NOT_READY; EngineError TOO_MUCH_WORK
 */
export async function answerElsewhere(
  call: Call,
  { handOver, telemetry }: AppDependencies,
  { ask, resolution, admission, preference, estimate }: Elsewhere,
): Promise<Response | undefined> {
  if (!handOver) return undefined;
  const { c } = call;
  const { model } = resolution;
  const request = await handedRequest(call, ask, resolution, preference);
  const outcome = await whileConnected(c, () => handOver.take(request, admission));
  for (const listener of telemetry) {
    listener.handedOver?.({ model, outcome: outcome.kind, circuit: outcome.circuit });
  }
  switch (outcome.kind) {
    case 'here':
      return undefined;
    case 'forwarded': {
      const response = await whileConnected(c, () => passOn(c, model, outcome.response));
      call.servedBy = 'server';
      call.tokens = Number(response.headers.get(TOKENS) ?? 0);
      return response;
    }
    case 'queued': {
      const response = acceptJob(c, outcome.job);
      if (preference) response.headers.set('preference-applied', 'respond-async');
      call.servedBy = 'queue';
      return response;
    }
    case 'refused':
      if (resolution.kind === 'remote') throw unavailable(request);
      throw tooMuchWork(await estimate(), handOver.maxInferMs ?? Number.POSITIVE_INFINITY);
  }
}

async function handedRequest(
  { c, start, body }: Call,
  { ref, path, contentType }: Ask,
  { kind, model }: Elsewhere['resolution'],
  preference: Preference | undefined,
): Promise<HandedRequest> {
  const { method, raw } = c.req;
  const isPost = method === 'POST';
  return {
    method: isPost ? 'POST' : 'GET',
    path: path ?? appPath(c),
    headers: contentType === undefined ? raw.headers : withContentType(raw.headers, contentType),
    body: isPost ? await body.bytes() : undefined,
    model,
    ref,
    servedHere: kind === 'local',
    preference,
    idempotencyKey: isPost ? readIdempotencyKey(raw.headers) : undefined,
    start,
    remainingMs: remainingMs(c),
    signal: raw.signal,
  };
}

function withContentType(sent: Headers, contentType: string): Headers {
  const headers = new Headers(sent);
  headers.set('content-type', contentType);
  return headers;
}

/** The milliseconds that are left of an invocation of Lambda; nothing on a server, which has no end. */
function remainingMs({ env }: Context): number | undefined {
  const { lambdaContext }: { lambdaContext?: LambdaContext } = env ?? {};
  return lambdaContext?.getRemainingTimeInMillis();
}

function unavailable({ model, method }: HandedRequest): HttpError {
  return method === 'GET'
    ? new HttpError(
        'NOT_READY',
        `Model ${model} is on the server, and none runs now. A prediction starts one: POST /models/${model}.`,
        { details: { model } },
      )
    : new HttpError('SERVER_UNAVAILABLE', 'The server does not answer, and there is no queue for a job.', {
        details: { model },
      });
}
