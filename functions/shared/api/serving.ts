/** What surrounds every handler: its time, its errors, and who is told. */
import { PilotlightError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { errorReply } from './errors.ts';
import type { Exchange, Logger, Telemetry } from './ports.ts';

/**
 * Answers, or throws what `errorReply` maps. `start` is `performance.now()` at the head of the request;
 * `nameModel` tells telemetry the model, once it is known to exist.
 */
export type RouteHandler = (
  c: Context,
  start: number,
  nameModel: (name: string) => void,
) => Response | Promise<Response>;

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
  return async (c: Context): Promise<Response> => {
    const start = performance.now();
    let model = '';
    let code = '';
    let response: Response;
    try {
      response = await handler(c, start, (name) => {
        model = name;
      });
    } catch (error) {
      const reply = errorReply(error);
      code = reply.body.code;
      if (reply.status >= 500 && code !== 'NOT_READY') logFailure(logger, route, code, error);
      response = c.json(reply.body, reply.status, reply.headers);
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
