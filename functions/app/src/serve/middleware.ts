/** Middleware around every handler: it takes the time, answers errors, and tells telemetry. */
import { PilotlightError } from '@pilotlight/engine';
import type { Context, MiddlewareHandler } from 'hono';
import { setBasePath } from '../http/base-path.ts';
import { type ErrorFormat, errorReply, type FormattedReply } from '../http/errors.ts';
import { Call, getCall, setCall } from './call.ts';
import type { AppDependencies, Logger } from './ports.ts';

/** Who answered: `function`, whatever this process is, `server`, or `queue`. */
export const SERVED_BY = 'x-pilotlight-served-by';
/** The id by which the log knows a request; OpenAI's clients show it. */
const REQUEST_ID = 'x-request-id';

/** Begins the call, and tells telemetry of its end. It lets no error through. */
export function reportExchanges(parts: AppDependencies): MiddlewareHandler {
  const { telemetry, limits, handOver, basePath, logger } = parts;
  return async (c, next) => {
    setBasePath(c, basePath);
    const call = new Call(c, limits, handOver !== undefined);
    setCall(c, call);
    try {
      await next();
    } catch (error) {
      // Hono passes on to `onError` what is an Error, and nothing else that was thrown.
      c.res = answerError(c, error, logger);
    }
    if (!call.headed)
      for (const [name, value] of Object.entries(ownHeaders(call, parts))) c.res.headers.set(name, value);
    call.onceMade(() => {
      const { route, predicts, model, version, code, start, failedAs: status = c.res.status } = call;
      const exchange = { route, predicts, model, version, status, code, ms: performance.now() - start };
      for (const listener of telemetry) listener.answered(exchange);
    });
  };
}

/** The headers that every answer has. An answer is made with them where that is possible: to change its headers later costs 15 us. */
export function ownHeaders(
  { id, servedBy }: Call,
  { handOver }: Pick<AppDependencies, 'handOver'>,
): Record<string, string> {
  return { ...(handOver && { [SERVED_BY]: servedBy }), [REQUEST_ID]: id };
}

export interface NamedRoute {
  readonly route: string;
  readonly predicts: boolean;
  readonly formatError: ErrorFormat | undefined;
}

/** Notes the route of the call. */
export function nameRoute({ route, predicts, formatError }: NamedRoute): MiddlewareHandler {
  return async (c, next) => {
    const call = getCall(c);
    call.route = route;
    call.predicts = predicts;
    if (formatError) call.formatError = formatError;
    await next();
  };
}

/** The answer to a request that failed. */
export function answerError(c: Context, error: unknown, logger: Logger): Response {
  const call = getCall(c);
  call.headed = false;
  const { status, headers, body } = failureReply(call, error, logger);
  return c.json(body, status, headers);
}

/** What a client is told of an error, in the wire format of its request; what is the operator's business is logged. */
export function failureReply(call: Call, error: unknown, logger: Logger): FormattedReply {
  const reply = errorReply(error);
  call.code = reply.body.code;
  if (reply.status >= 500 && call.code !== 'NOT_READY') {
    const details = PilotlightError.is(error) ? error.details : {};
    logger.error('A request failed', {
      requestId: call.id,
      route: call.route,
      code: call.code,
      ...details,
      error,
    });
  }
  return call.formatError(reply, call.route);
}
