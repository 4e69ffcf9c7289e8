import { EngineError } from '@pilotlight/engine';
import type { MiddlewareHandler } from 'hono';

/** Lets so many calls of all the routes that it stands before be under way at once, and refuses one more as OVERLOADED. */
export function limitInFlight(limit: number): MiddlewareHandler {
  let inFlight = 0;
  return async (_, next) => {
    if (inFlight >= limit) {
      throw new EngineError('OVERLOADED', `${inFlight} predictions are under way. Try again later.`);
    }
    inFlight += 1;
    try {
      await next();
    } finally {
      inFlight -= 1;
    }
  };
}
