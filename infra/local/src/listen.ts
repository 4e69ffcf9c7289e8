/** Servers of this machine: they listen on a port, and end at once. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import { EmulatorError } from './errors.ts';

export interface Address {
  /** 0 takes a free port. @default - 0 */
  readonly port?: number;
  /** @default - 127.0.0.1 */
  readonly host?: string;
}

/** Gives the port that the server listens on. @throws EmulatorError PORT_UNAVAILABLE */
export async function listen(
  server: Server,
  { port = 0, host = '127.0.0.1' }: Address = {},
): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const code = findCode(cause) ?? String(cause);
    throw new EmulatorError('PORT_UNAVAILABLE', `${host}:${port} cannot be listened on (${code}).`, {
      cause,
    });
  }
  return listeningPort(server);
}

/** Ends connections too, whatever they wait for. */
export async function end(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
