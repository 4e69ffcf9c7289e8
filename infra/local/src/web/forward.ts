/**
 * A request on its way to the server of an environment, and its answer on the way back, both as they come.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
 */
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';
import { ENDPOINT_NAME } from './web-definition.ts';
import type { WebEnvironment } from './web-environment.ts';

/** Headers of a request that Lambda takes away, beside those that begin with `lambda-web-`. */
const TAKEN_AWAY: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'x-real-ip',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
]);
/** Headers of an answer that are about one connection. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Resolves once the answer is sent, or the client is gone. @throws Refusal where there is no answer */
export async function forward(
  from: IncomingMessage,
  to: ServerResponse,
  environment: WebEnvironment,
  { requestId, timeoutMs }: { readonly requestId: string; readonly timeoutMs: number },
): Promise<void> {
  if (to.closed) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const outgoing = request({
    agent: environment.agent,
    host: '127.0.0.1',
    port: environment.port,
    method: from.method,
    path: from.url,
    headers: requestHeaders(from, requestId),
  });
  const timer = setTimeout(() => {
    outgoing.destroy(new Refusal('Runtime.RequestTimeout', `The request took more than ${timeoutMs} ms.`));
  }, timeoutMs);
  outgoing.once('response', (answer) => {
    to.writeHead(answer.statusCode ?? 502, {
      ...without(answer.headers, (name) => OF_THE_CONNECTION.has(name)),
      'lambda-web-request-id': requestId,
      'lambda-web-logstream': environment.id,
    });
    answer.pipe(to);
    // An answer that breaks off has its status already.
    answer.once('error', () => to.destroy());
  });
  outgoing.once('error', (error) => {
    if (to.headersSent) to.destroy();
    const ended = 'The server of the function broke off before it had answered.';
    reject(error instanceof Refusal ? error : new Refusal('Runtime.ExitError', ended, { cause: error }));
  });
  // Either all of it is sent, or the client is gone.
  to.once('close', () => {
    outgoing.destroy();
    resolve();
  });
  from.pipe(outgoing);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

function requestHeaders({ headers, socket }: IncomingMessage, requestId: string): IncomingHttpHeaders {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const forwardedFor = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', ');
  return {
    ...without(headers, (name) => TAKEN_AWAY.has(name) || named.has(name) || name.startsWith('lambda-web-')),
    'x-forwarded-for': forwardedFor,
    'lambda-web-request-id': requestId,
    'lambda-web-endpoint-name': ENDPOINT_NAME,
  };
}

function without(headers: IncomingHttpHeaders, isTaken: (name: string) => boolean): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isTaken(name)));
}
