import type { Server } from 'node:net';
import { PilotlightError } from '../errors.ts';

/**
 * Gives the port that `server` listens on: the one that the system chose if the server asked for port 0.
 *
 * @throws PilotlightError NOT_LISTENING
 */
export function listeningPort(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new PilotlightError('NOT_LISTENING', 'The server does not listen on a port.');
}
