/** The interface to whoever knows the callers of an app. */
import type { MiddlewareHandler } from 'hono';

export interface Callers {
  /** Lets a request through, or refuses it in the wire format of its route. */
  readonly middleware: MiddlewareHandler;
  /** Present where the usage of callers is counted. `settle` resolves once everything that was answered is counted, or could not be. */
  readonly quotas?: { settle(): Promise<void> } | undefined;
}
