/**
 * A function URL on a port of this machine, in the mode RESPONSE_STREAM: what a function sends arrives as it is sent.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { refuseForeignCaller } from '../foreign-caller.ts';
import { LambdaServiceError } from '../lambda/errors.ts';
import { type InvokeResult, MAX_REQUEST_BYTES } from '../lambda/invoke-request.ts';
import { readBytes } from '../read-bytes.ts';
import { newTraceId } from '../trace-id.ts';
import { gatewayEvent } from './event.ts';
import type { HttpApiOptions } from './http-api.ts';
import { describeRequest, sendResponse, sentPath } from './http-message.ts';
import { gatewayMessage, gatewayResponse, INTERNAL_SERVER_ERROR } from './response.ts';
import { sendStream } from './streamed-answer.ts';

export type FunctionUrlOptions = Omit<HttpApiOptions, 'routes' | 'integrationTimeoutMs'>;

/** As Lambda names it; a client's own Host is none to a function. */
const DOMAIN = 'pilotlight.lambda-url.eu-central-1.on.aws';
const TOO_MANY = gatewayMessage(429, 'Rate Exceeded.');
const TOO_LARGE = gatewayMessage(413, 'Request Entity Too Large');
const BAD_GATEWAY = gatewayMessage(502, 'Internal Server Error');

/** Not listening yet. */
export function createFunctionUrl(options: FunctionUrlOptions): Server {
  const { answered = () => {}, failed = () => {}, callers = {} } = options;
  return createServer((request, response) => {
    const start = performance.now();
    const { method = 'GET', url: path = '/' } = request;
    const told = (result?: InvokeResult): void =>
      answered({ method, path, status: response.statusCode, ms: performance.now() - start, result });
    const foreign = refuseForeignCaller(request.headers, { ...callers, hasPages: true });
    if (foreign !== undefined) {
      request.resume();
      sendResponse(response, gatewayMessage(403, foreign));
      return told();
    }
    answer(options, request, response).then(told, (error: unknown) => {
      // A client that went away before its request was whole has nothing to be answered.
      if (!request.complete) return;
      failed(error);
      if (response.headersSent) response.destroy();
      else sendResponse(response, INTERNAL_SERVER_ERROR);
      told();
    });
  });
}

/** The result of Lambda, where the function was run. */
async function answer(
  { invoke, functionName }: FunctionUrlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<InvokeResult | undefined> {
  const body = await readBytes(request, MAX_REQUEST_BYTES);
  if (body === undefined) {
    sendResponse(response, TOO_LARGE);
    return undefined;
  }
  const traceId = request.headers['x-amzn-trace-id']?.toString() ?? newTraceId();
  const payload = JSON.stringify(eventOf(request, body, traceId));
  let sending: Promise<unknown> | undefined;
  try {
    const result = await invoke({
      functionName,
      payload,
      traceId,
      onStream: (stream) => {
        sending = sendStream(stream, response).catch((error: unknown) => error);
      },
    });
    const fault = await sending;
    if (fault !== undefined) throw fault;
    if (sending === undefined)
      sendResponse(response, result.functionError ? BAD_GATEWAY : gatewayResponse(result.payload));
    return result;
  } catch (error) {
    if (!(error instanceof LambdaServiceError) || response.headersSent) throw error;
    sendResponse(response, error.code === 'TooManyRequestsException' ? TOO_MANY : INTERNAL_SERVER_ERROR);
    return undefined;
  }
}

function eventOf(request: IncomingMessage, body: Buffer, traceId: string) {
  const event = gatewayEvent(
    describeRequest(request, sentPath(request), body),
    { routeKey: '$default' },
    {
      apiId: 'pilotlight',
      traceId,
      stage: '$default',
      time: new Date(),
      protocol: 'http',
      requestId: randomUUID(),
      port: String(request.socket.localPort),
    },
  );
  const { requestContext, ...rest } = event;
  return { ...rest, requestContext: { ...requestContext, domainName: DOMAIN, domainPrefix: 'pilotlight' } };
}
