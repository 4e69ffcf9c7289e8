/** Lets requests through by their keys, within the limits of each, and has them counted once they are answered. */
import type { Context, MiddlewareHandler } from 'hono';
import { HttpError } from '../../http/errors.ts';
import { type Call, getCall } from '../call.ts';
import type { Callers } from '../callers-port.ts';
import type { RequestContext } from '../ports.ts';
import type { KeySource } from './ports.ts';
import type { Quotas, UsageReport } from './quotas.ts';

interface CallerOptions {
  readonly keys: KeySource;
  /** @default - callers are known, and neither limited nor counted */
  readonly quotas?: Quotas | undefined;
}

/** Probes of load balancers and containers have no key. */
const OPEN: readonly string[] = ['health', 'ready'];
const KEY = 'usage';

/**
 * Belongs behind `nameRoute`, so that it refuses in the wire format of the route.
 *
 * @throws HttpError UNAUTHORIZED, KEYS_UNAVAILABLE, RATE_LIMITED, QUOTA_EXCEEDED
 */
function callerMiddleware({ keys, quotas }: CallerOptions): MiddlewareHandler {
  return async (c, next) => {
    const call = getCall(c);
    const { background = false }: RequestContext = c.env ?? {};
    // Whoever submitted a job was let in, and a process that does it has no key.
    if (background || OPEN.includes(call.route)) return next();
    const caller = await keys.callerOf(c);
    call.caller = caller?.name;
    if (!quotas || !caller) return next();
    c.set(KEY, () => quotas.report(caller));
    if (!isCounted(call)) return next();
    const admission = await quotas.admit(caller);
    try {
      await next();
    } finally {
      call.onceMade(() => {
        // Another function that answers counts for itself: it knows the tokens.
        if (call.servedBy === 'sibling') admission.release();
        else admission.count(call.tokens);
      });
    }
    return undefined;
  };
}

/** The middleware and the quotas that it holds, for the options of an app. */
export function makeCallers(options: CallerOptions): Callers {
  return { middleware: callerMiddleware(options), quotas: options.quotas };
}

/** What the caller of this request has used. @throws HttpError NOT_FOUND where nobody counts, USAGE_UNAVAILABLE */
export async function readUsage(c: Context): Promise<UsageReport> {
  const report: (() => Promise<UsageReport>) | undefined = c.get(KEY);
  if (report) return report();
  throw new HttpError(
    'NOT_FOUND',
    'Nobody counts here what this caller uses: the deployment has no quotas, or the request no key.',
  );
}

/** Predictions count, now or as a job; questions about models, usage and jobs do not. */
function isCounted({ predicts, route }: Call): boolean {
  return predicts || route === 'createJob';
}
