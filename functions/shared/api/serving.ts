/** What surrounds every handler: its time, its errors, and who is told. */
import { PilotlightError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { inFormat } from './error-formats.ts';
import { errorReply } from './errors.ts';
import type { Exchange, Logger, Telemetry } from './ports.ts';
import { routes } from './routes.ts';

/** One request, on its way through a handler. */
export interface Call {
  /** `performance.now()` at the head of the request. */
  readonly start: number;
  /** Tells telemetry the model, once it is known to exist. */
  nameModel(name: string): void;
}

/** Answers, or throws what `errorReply` maps. */
export type RouteHandler = (c: Context, call: Call) => Response | Promise<Response>;

export interface Surroundings {
  readonly logger: Logger;
  readonly telemetry: readonly Telemetry[];
}

/** Wraps a handler; what it returns never throws and never carries a stack. */
export function serving(
  route: Exchange['route'],
  handler: RouteHandler,
  { logger, telemetry }: Surroundings,
) {
  const formatted = inFormat(route === 'unmatched' ? undefined : routes[route].tag);
  return async (c: Context): Promise<Response> => {
    const start = performance.now();
    let model = '';
    let code = '';
    let response: Response;
    const nameModel = (name: string) => {
      model = name;
    };
    try {
      response = await handler(c, { start, nameModel });
    } catch (error) {
      const reply = errorReply(error);
      code = reply.body.code;
      if (reply.status >= 500 && code !== 'NOT_READY') logFailure(logger, route, code, error);
      const { status, headers, body } = formatted(reply);
      response = c.json(body, status, headers);
    }
    const exchange = { route, model, status: response.status, code, ms: performance.now() - start };
    for (const listener of telemetry) listener.answered(exchange);
    return response;
  };
}

function logFailure(logger: Logger, route: string, code: string, error: unknown): void {
  const details = PilotlightError.is(error) ? error.details : {};
  logger.error('A request failed', { route, code, ...details, error });
}
