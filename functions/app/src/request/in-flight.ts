import { EngineError } from '@pilotlight/engine';
import type { RouteHandler } from '../serve/serving.ts';

/** Lets so many calls of all the handlers that it wraps be under way at once, and refuses one more as OVERLOADED. */
export function inFlightLimit(limit: number): (handler: RouteHandler) => RouteHandler {
  let inFlight = 0;
  return (handler) => async (c, call) => {
    if (inFlight >= limit) {
      throw new EngineError('OVERLOADED', `${inFlight} predictions are under way. Try again later.`);
    }
    inFlight += 1;
    try {
      return await handler(c, call);
    } finally {
      inFlight -= 1;
    }
  };
}
