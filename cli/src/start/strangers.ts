/** Keeps web pages of others away from the HTTP app of this machine, which serves a page of its own. */
import type { CallerRules } from '@pilotlight/local';
import { refuseForeignCaller } from '@pilotlight/local/internal/foreign-caller';
import type { Hono } from 'hono';

type Fetch = Hono['fetch'];

/** `fetch` for those who may call; the others are refused with the body of every other error. */
export function refuseStrangers(fetch: Fetch, callers: CallerRules): Fetch {
  const rules = { ...callers, hasPages: true };
  return (request, ...context) => {
    const header = (name: string) => request.headers.get(name) ?? undefined;
    const foreign = refuseForeignCaller(
      {
        host: header('host'),
        origin: header('origin'),
        'sec-fetch-site': header('sec-fetch-site'),
        'sec-fetch-mode': header('sec-fetch-mode'),
      },
      rules,
    );
    if (foreign === undefined) return fetch(request, ...context);
    return Response.json({ code: 'CALLER_REFUSED', error: foreign }, { status: 403 });
  };
}
