/** The end of a server: it accepts nothing more, answers what is under way, and is gone within its grace. */
import { once } from 'node:events';
import type { Server } from 'node:http';

/** Between two looks for connections that have become idle. */
const SWEEP_MS = 20;

export class Drain {
  readonly #server: Server;
  #inFlight = 0;
  #draining = false;

  /** Make it before the server gets its first request. */
  constructor(server: Server) {
    this.#server = server;
    server.prependListener('request', (_, response) => {
      this.#inFlight += 1;
      // A connection that stays open would bring another request.
      if (this.#draining) response.shouldKeepAlive = false;
      response.once('close', () => {
        this.#inFlight -= 1;
      });
    });
  }

  /** Requests whose answers are not sent yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves once every connection is closed: to true where each request got its answer, to false where the grace ended before. */
  async close(graceMs: number): Promise<boolean> {
    this.#draining = true;
    let inTime = true;
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS);
    const limit = setTimeout(() => {
      inTime = this.#inFlight === 0;
      this.#server.closeAllConnections();
    }, graceMs);
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
    return inTime;
  }
}
