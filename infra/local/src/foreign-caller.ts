/**
 * Services of this machine are for its own programs. A web page reaches them too, through the browser of whoever looks at
 * it: directly, and under a name of its own that it makes lead to this machine (DNS rebinding). The browser then says so.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Headers by which a browser gives a page away: https://www.w3.org/TR/fetch-metadata/ */
export type CallerHeaders = Pick<
  IncomingHttpHeaders,
  'host' | 'origin' | 'sec-fetch-site' | 'sec-fetch-mode'
>;

export interface CallerRules {
  /** Names by which this machine may be called beside `localhost`, such as `host.docker.internal`. @default - none */
  readonly allowedHosts?: readonly string[];
  /** The service listens beyond this machine, so that it may be called by any IP address; names are still checked. @default false */
  readonly listensBeyond?: boolean;
  /** Pages of the service itself may call it. @default false */
  readonly hasPages?: boolean;
}

/** The rules of a service that listens on the address `host`, which may be a name by itself. */
export function callerRules(host: string, allowedHosts: readonly string[] = []): CallerRules {
  const listensBeyond = host !== 'localhost' && !isLoopback(host);
  return { allowedHosts: [...allowedHosts, host], listensBeyond };
}

/** The reason to refuse the request, in words for its sender; nothing where it may pass. */
export function refuseForeignCaller(headers: CallerHeaders, rules: CallerRules = {}): string | undefined {
  const { host, origin } = headers;
  if (host !== undefined && !isOwnHost(host, rules)) {
    return 'This service of the local machine answers to localhost, 127.0.0.1 and [::1]. Another name has to be allowed when it is started (pilotlight start --allow-host NAME).';
  }
  if (origin !== undefined && !(rules.hasPages && origin === `http://${host}`)) {
    return 'This service of the local machine takes no calls from web pages, and this one has an Origin.';
  }
  const isFromElsewhere = ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
  if (isFromElsewhere && headers['sec-fetch-mode'] !== 'navigate') {
    return 'This service of the local machine is no part of web pages, and one asks for it (Sec-Fetch-Site).';
  }
  return undefined;
}

/** Ports are not compared: a forwarded port is another one, and a name alone tells a stranger. */
function isOwnHost(host: string, { allowedHosts = [], listensBeyond = false }: CallerRules): boolean {
  const name = /^(\[[\da-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (name === 'localhost' || allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  const address = name.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(address) || (listensBeyond && isIP(address) !== 0);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}
