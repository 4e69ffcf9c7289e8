/** The way of an answer from this process to its client, where the process itself has the connection; on Lambda it has none. */
import type { ServerResponse } from 'node:http';
import type { Context } from 'hono';

/** How long a client may take nothing of its answer before its connection is cut. */
const STALL_MS = 20_000;

/** The answer as Node sends it; nothing where there is none, or it is over. */
export function outgoingOf({ env }: Context): ServerResponse | undefined {
  const { outgoing }: { outgoing?: ServerResponse } = env ?? {};
  return outgoing?.closed ? undefined : outgoing;
}

/** Calls `then` once the last byte is sent or the connection is gone. The client has to take some of the answer all the time. */
export function whenSent(c: Context, then: () => void): void {
  const outgoing = outgoingOf(c);
  if (!outgoing) {
    then();
    return;
  }
  // Node looks whether the kernel took any byte in this time, and destroys the connection if not.
  outgoing.setTimeout(STALL_MS);
  outgoing.once('close', then);
}
