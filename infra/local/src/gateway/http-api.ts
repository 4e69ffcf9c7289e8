/** An HTTP API of API Gateway on a port of this machine, with one function behind its routes. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type CallerRules, callerRules, refuseForeignCaller } from '../foreign-caller.ts';
import { LambdaServiceError } from '../lambda/errors.ts';
import type { Invoke, InvokeResult } from '../lambda/invoke-request.ts';
import { type Address, end, listen } from '../listen.ts';
import { decodePercent } from '../percent-decoding.ts';
import { readBytes } from '../read-bytes.ts';
import { newTraceId } from '../trace-id.ts';
import { gatewayEvent } from './event.ts';
import { describeRequest, sendResponse, sentPath } from './http-message.ts';
import {
  type GatewayResponse,
  gatewayMessage,
  gatewayResponse,
  INTERNAL_SERVER_ERROR,
  SERVICE_UNAVAILABLE,
} from './response.ts';
import { DEFAULT_ROUTE, type RouteKey, routeMatcher } from './route.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 2 ** 20;
const INTEGRATION_TIMEOUT_MS = 30_000;

/** A request that was answered. */
export interface GatewayExchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The result of Lambda, where a function was run. */
  readonly result?: InvokeResult | undefined;
}

export interface HttpApiOptions {
  readonly invoke: Invoke;
  /** The function behind the routes, with its alias. */
  readonly functionName: string;
  /** Such as `GET /models/{model}`; what none of them takes is answered with 404. @default - `$default`, which takes all */
  readonly routes?: readonly RouteKey[];
  /** @default - 30,000, which is API Gateway's limit */
  readonly integrationTimeoutMs?: number;
  /** @default - nobody is told */
  readonly answered?: (exchange: GatewayExchange) => void;
  /** Gets what went wrong inside of API Gateway itself, which answers 500. @default - nobody is told */
  readonly failed?: (error: unknown) => void;
  /** Who may call, beside programs that call `localhost`. @default - nobody */
  readonly callers?: CallerRules;
}

/** Not listening yet. */
export function createHttpApi({
  invoke,
  functionName,
  routes = [DEFAULT_ROUTE],
  integrationTimeoutMs = INTEGRATION_TIMEOUT_MS,
  answered = () => {},
  failed = () => {},
  callers = {},
}: HttpApiOptions): Server {
  const apiId = randomBytes(5).toString('hex');
  const matchRoute = routeMatcher(routes);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    const { method = 'GET', url = '/' } = request;
    const told = (status: number, result?: InvokeResult) =>
      answered({ method, path: url, status, ms: performance.now() - start, result });
    const foreign = refuseForeignCaller(request.headers, { ...callers, hasPages: true });
    if (foreign !== undefined) {
      request.resume();
      return send(response, gatewayMessage(403, foreign), told);
    }
    const body = await readBytes(request, MAX_BODY_BYTES);
    if (body === undefined) return send(response, gatewayMessage(413, 'Request Entity Too Large'), told);
    // An HTTP API passes paths on decoded.
    const path = decodePercent(sentPath(request));
    if (path === undefined) return send(response, gatewayMessage(400, 'Bad Request'), told);
    const route = matchRoute(method, path);
    if (!route) return send(response, gatewayMessage(404, 'Not Found'), told);
    const traceId = request.headers['x-amzn-trace-id']?.toString() ?? newTraceId();
    const event = gatewayEvent(describeRequest(request, path, body), route, {
      apiId,
      traceId,
      stage: '$default',
      time: new Date(),
      protocol: 'http',
      requestId: randomBytes(11).toString('base64'),
      port: String(request.socket.localPort),
    });
    const invocation = { functionName, traceId, payload: JSON.stringify(event) };
    const [integrated, result] = await integrate(invoke(invocation), integrationTimeoutMs);
    send(response, integrated, (status) => told(status, result));
  };
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that went away before its request was whole has nothing to be answered.
      if (!request.complete) return;
      failed(error);
      send(response, INTERNAL_SERVER_ERROR, () => {});
    });
  });
}

export interface HttpApi {
  readonly url: string;
  close(): Promise<void>;
}

/** An HTTP API on a port of this machine. @throws EmulatorError PORT_UNAVAILABLE */
export async function serveHttpApi({
  host = '127.0.0.1',
  port = 0,
  callers = callerRules(host),
  ...options
}: HttpApiOptions & Address): Promise<HttpApi> {
  const server = createHttpApi({ ...options, callers });
  const bound = await listen(server, { port, host });
  return { url: `http://${host}:${bound}`, close: () => end(server) };
}

/** Gives the response for the client. An integration that is not done in time goes on without it. */
async function integrate(
  invocation: Promise<InvokeResult>,
  timeoutMs: number,
): Promise<[GatewayResponse, InvokeResult?]> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  try {
    const result = await Promise.race([invocation, late]);
    if (result === undefined) return [SERVICE_UNAVAILABLE];
    return [result.functionError ? INTERNAL_SERVER_ERROR : gatewayResponse(result.payload), result];
  } catch (error) {
    if (!(error instanceof LambdaServiceError)) throw error;
    if (error.code === 'TooManyRequestsException') return [SERVICE_UNAVAILABLE];
    if (error.code === 'RequestTooLargeException') return [gatewayMessage(413, 'Request Entity Too Large')];
    return [INTERNAL_SERVER_ERROR];
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, answer: GatewayResponse, sent: (status: number) => void): void {
  sendResponse(response, answer);
  sent(answer.status);
}
