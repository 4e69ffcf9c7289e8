/** Cuts clients that send the body of a request more slowly than any line is. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Between two looks. */
const SWEEP_MS = 1000;

export interface SendingRate {
  /** Milliseconds in which `bytes` of a body have to come. */
  readonly windowMs: number;
  readonly bytes: number;
  /** Bytes of all bodies that are arriving: together they are memory, too. The oldest make room. */
  readonly mostArriving: number;
}

interface Arriving {
  /** Bytes that the connection had brought at the head of the request, and at the begin of the window. */
  readonly begin: number;
  readonly seen: number;
  readonly since: number;
}

/** `refuse` answers a client whose request is not whole, and cuts it. */
export function cutSlowSenders(
  server: Server,
  { windowMs, bytes, mostArriving }: SendingRate,
  refuse: (socket: Duplex) => void,
): void {
  const bodies = new Map<IncomingMessage, Arriving>();
  server.on('request', (request, response) => {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
    if (length === '0' && coding === undefined) return;
    const { bytesRead } = request.socket;
    bodies.set(request, { begin: bytesRead, seen: bytesRead, since: performance.now() });
    response.once('close', () => bodies.delete(request));
  });
  const sweep = setInterval(() => {
    const now = performance.now();
    let arriving = 0;
    // The youngest first, so that of too many bytes the oldest are too many.
    for (const [request, { begin, seen, since }] of [...bodies].reverse()) {
      const { bytesRead } = request.socket;
      const isOver = now - since >= windowMs;
      if (!request.complete) arriving += bytesRead - begin;
      if (request.complete) bodies.delete(request);
      else if (arriving > mostArriving || (isOver && bytesRead - seen < bytes)) {
        bodies.delete(request);
        refuse(request.socket);
      } else if (isOver) bodies.set(request, { begin, seen: bytesRead, since: now });
    }
  }, SWEEP_MS);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
}
