/** What surrounds every handler: its time, its errors, who answers in its place, and who is told. */
import { PilotlightError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { setBasePath } from '../request/base-path.ts';
import { type Call, ServedCall } from './call.ts';
import { inFormat } from '../formats/error-formats.ts';
import { errorReply } from '../answer/errors.ts';
import { answerOf, HandedOver, isForOthers } from './hand-over.ts';
import type { HandOver } from './hand-over-port.ts';
import type { Limits } from '../request/limits.ts';
import type { Exchange, Logger, Telemetry } from './ports.ts';
import { routes } from '../routes.ts';

export type { Call } from './call.ts';

/** Answers, or throws what `errorReply` maps, or that the call is for somebody else. */
export type RouteHandler = (c: Context, call: Call) => Response | Promise<Response>;

export interface Surroundings {
  readonly logger: Logger;
  readonly telemetry: readonly Telemetry[];
  readonly limits: Limits;
  readonly handOver?: HandOver;
  /** As in the app's options. */
  readonly basePath?: string;
}

/** Wraps a handler; what it returns never throws and never carries a stack. */
export function serving(route: Exchange['route'], handler: RouteHandler, surroundings: Surroundings) {
  const { logger, telemetry, limits, handOver, basePath } = surroundings;
  const formatted = inFormat(route === 'unmatched' ? undefined : routes[route].tag);
  return async (c: Context): Promise<Response> => {
    setBasePath(c, basePath);
    const call = new ServedCall(c, limits, handOver);
    let code = '';
    let response: Response;
    try {
      response = handOver
        ? await hereOrElsewhere(c, call, handler, handOver, telemetry)
        : await handler(c, call);
    } catch (error) {
      const reply = errorReply(error);
      code = reply.body.code;
      if (reply.status >= 500 && code !== 'NOT_READY') logFailure(logger, route, code, error);
      const { status, headers, body } = formatted(reply);
      response = c.json(body, status, headers);
    }
    if (handOver && !response.headers.has(SERVED_BY)) response.headers.set(SERVED_BY, 'function');
    const { model, start } = call;
    const exchange = { route, model, status: response.status, code, ms: performance.now() - start };
    for (const listener of telemetry) listener.answered(exchange);
    return response;
  };
}

/** Who answered: `function`, whatever this process is, `container`, or `queue`. */
export const SERVED_BY = 'x-pilotlight-served-by';

async function hereOrElsewhere(
  c: Context,
  call: ServedCall,
  handler: RouteHandler,
  handOver: HandOver,
  telemetry: readonly Telemetry[],
): Promise<Response> {
  try {
    return await handler(c, call);
  } catch (reason) {
    if (!isForOthers(reason)) throw reason;
    const isCall = reason instanceof HandedOver;
    const model = isCall ? reason.model : call.model;
    const request = await call.handed(model, !isCall || reason.servedHere);
    const outcome = await handOver.take(request);
    for (const listener of telemetry) {
      listener.handedOver?.({ model, outcome: outcome.kind, circuit: outcome.circuit });
    }
    if (outcome.kind !== 'here') {
      const response = await answerOf(c, outcome, request, reason);
      response.headers.set(SERVED_BY, outcome.kind === 'forwarded' ? 'container' : 'queue');
      return response;
    }
    call.stayHere();
    return handler(c, call);
  }
}

function logFailure(logger: Logger, route: string, code: string, error: unknown): void {
  const details = PilotlightError.is(error) ? error.details : {};
  logger.error('A request failed', { route, code, ...details, error });
}
