/** The HTTP app on a port of this machine. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import { Drain } from '@pilotlight/app/internal/serve/drain';
import { createHttpServer } from '@pilotlight/app/internal/serve/node-server';
import type { CallerRules } from '@pilotlight/local';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import type { Hono } from 'hono';
import { asCalled } from '../kit/called-as.ts';
import { CliError } from '../kit/errors.ts';
import { refuseStrangers } from './strangers.ts';

/** The time that requests under way have to end once the service is told to end: that of the server. */
const CLOSE_MS = 30_000;

export interface Service {
  readonly port: number;
  /** Answers the requests under way, tells connections that it ends, and says whether each request got its answer in time. */
  close(): Promise<boolean>;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly callers: CallerRules;
  /** Is aborted shortly before requests under way are cut. */
  readonly ending: AbortController;
}

/** @throws CliError PORT_UNAVAILABLE */
export function listen(app: Hono, { host, port, callers, ending }: Listening): Promise<Service> {
  return listenOn(createHttpServer({ fetch: refuseStrangers(app.fetch, callers) }), host, port, ending);
}

/** @throws CliError PORT_UNAVAILABLE */
export async function listenOn(
  server: Server,
  host: string,
  port: number,
  ending?: AbortController,
): Promise<Service> {
  const drain = new Drain(server, ending);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CliError('PORT_UNAVAILABLE', unavailable(error, host, port), { cause: error });
  }
  return { port: listeningPort(server), close: () => drain.close(CLOSE_MS) };
}

function unavailable(error: unknown, host: string, port: number): string {
  const code = findCode(error);
  const other = `Choose another: ${asCalled(`pilotlight start --port ${port >= 65_535 ? 8081 : port + 1}`)}`;
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another process. ${other}`;
  if (code === 'EACCES')
    return `Port ${port} needs rights that this process does not have. ${other.replace(/\d+$/, '8080')}`;
  return `${host}:${port} cannot be listened on (${code ?? String(error)}).`;
}
