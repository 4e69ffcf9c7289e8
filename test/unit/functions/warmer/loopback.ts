import { once } from 'node:events';
import type { Server } from 'node:http';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';

/** Listens on a free port of this machine. */
export async function listenOnLoopback(server: Server): Promise<{ url: string; stop: () => Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${listeningPort(server)}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
