/** The end of a server: it accepts no connection more, answers what is under way, and is gone within its grace. */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Between two looks for connections that are at rest. */
const SWEEP_MS = 20;
/** The time at the end of the grace, a half of it at most, in which texts that are being told can end. */
const LAST_WORDS_MS = 2000;
/** How long a connection has to rest before it is closed: a client that just got an answer may be sending its next request. */
const REST_MS = 1000;
/** How long connections that the system has made are taken at most; in a process that is busy, a turn of its loop takes long. */
const BACKLOG_MS = 1000;
/** Turns without a new connection; the first may have begun before. */
const QUIET_TURNS = 2;

export class Drain {
  readonly #server: Server;
  /** The answers of each connection that are not sent yet, in order. */
  readonly #answers = new Map<Socket, Set<ServerResponse>>();
  /** Since when connections rest, and how many bytes they had brought by then. */
  readonly #rests = new Map<Socket, { readonly since: number; readonly bytesRead: number }>();
  readonly #ending: AbortController;
  #accepted = 0;
  #draining = false;

  /** Make it before the server gets its first request. `ending` is aborted shortly before the grace ends: see `AppOptions.ending`. */
  constructor(server: Server, ending = new AbortController()) {
    this.#server = server;
    this.#ending = ending;
    server.on('connection', (socket) => {
      this.#accepted += 1;
      this.#answers.set(socket, new Set());
      this.#rest(socket);
      socket.once('close', () => {
        this.#answers.delete(socket);
        this.#rests.delete(socket);
      });
    });
    server.prependListener('request', ({ socket }, response) => {
      this.#answers.get(socket)?.add(response);
      if (this.#draining) this.#endAfterLast(socket);
      response.once('close', () => {
        this.#answers.get(socket)?.delete(response);
        this.#rest(socket);
      });
    });
  }

  /** Requests whose answers are not sent yet. */
  get inFlight(): number {
    let count = 0;
    for (const answers of this.#answers.values()) count += answers.size;
    return count;
  }

  /**
   * Resolves once every connection is closed: to true where each request got its answer, to false where the grace ended before.
   * A connection is closed once it has rested for `restMs`: 0 where whoever sends requests sends none any more.
   */
  async close(graceMs: number, restMs = REST_MS): Promise<boolean> {
    let inTime = true;
    const lastWords = setTimeout(() => this.#ending.abort(), graceMs - Math.min(LAST_WORDS_MS, graceMs / 2));
    const limit = setTimeout(() => {
      inTime = this.inFlight === 0;
      this.#server.closeAllConnections();
    }, graceMs);
    // Nobody is told yet: who is comes back by a connection that the port would not be open for any more.
    await this.#takeBacklog();
    this.#draining = true;
    const since = performance.now();
    for (const [socket, { bytesRead }] of this.#rests) this.#rests.set(socket, { since, bytesRead });
    for (const socket of this.#answers.keys()) this.#endAfterLast(socket);
    const sweep = setInterval(() => this.#closeRested(restMs), SWEEP_MS);
    const closed = once(this.#server, 'close');
    // An HTTP server would close connections that rest at once, with the requests that are on their way.
    NetServer.prototype.close.call(this.#server);
    await closed;
    clearInterval(sweep);
    clearTimeout(lastWords);
    clearTimeout(limit);
    return inTime;
  }

  /** Node takes one connection in each turn of its loop. Those that wait to be taken would be reset once the port is closed. */
  async #takeBacklog(): Promise<void> {
    const until = performance.now() + BACKLOG_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until; ) {
      const before = this.#accepted;
      await nextTurn();
      quiet = this.#accepted === before ? quiet + 1 : 0;
    }
  }

  #rest(socket: Socket): void {
    if (this.#answers.has(socket)) {
      this.#rests.set(socket, { since: performance.now(), bytesRead: socket.bytesRead });
    }
  }

  /** The last answer says `Connection: close`, because a connection that stays open would bring another request. */
  #endAfterLast(socket: Socket): void {
    const answers = [...(this.#answers.get(socket) ?? [])];
    for (const [index, answer] of answers.entries()) {
      answer.shouldKeepAlive = index < answers.length - 1;
    }
  }

  /** Bytes that came after the last answer are of a request that is not whole yet. */
  #closeRested(restMs: number): void {
    const before = performance.now() - restMs;
    for (const [socket, { since, bytesRead }] of this.#rests) {
      const isBusy = this.#answers.get(socket)?.size !== 0 || socket.bytesRead !== bytesRead;
      if (!isBusy && since <= before) socket.destroy();
    }
  }
}
