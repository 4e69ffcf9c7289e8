/**
 * Lambda's Invoke API on loopback, for AWS's own clients.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type CallerRules, refuseForeignCaller } from '../foreign-caller.ts';
import { end, listen } from '../listen.ts';
import { decodePercent } from '../percent-decoding.ts';
import { readBytes } from '../read-bytes.ts';
import { type LambdaErrorCode, LambdaServiceError } from './errors.ts';
import { LATEST } from './function-definition.ts';
import {
  type Invoke,
  type InvokeRequest,
  type InvokeResult,
  MAX_REQUEST_BYTES,
  payloadTooLarge,
} from './invoke-request.ts';

const STATUS_OF: Record<LambdaErrorCode, number> = {
  AccessDeniedException: 403,
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  RequestTooLargeException: 413,
  ResourceNotFoundException: 404,
  TooManyRequestsException: 429,
};

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?(.*))?$/;

export interface InvokeEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** `failed` gets what became of an event that could not be run: its sender has an answer already. */
export async function listenForInvocations(
  invoke: Invoke,
  failed: (functionName: string, error: unknown) => void,
  callers: CallerRules = {},
): Promise<InvokeEndpoint> {
  const server = createServer((request, response) => {
    const foreign = refuseForeignCaller(request.headers, callers);
    if (foreign !== undefined) {
      refuse(response, new LambdaServiceError('AccessDeniedException', foreign));
      request.resume();
      return;
    }
    answer(invoke, failed, request, response).catch((error: unknown) => refuse(response, error));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => end(server) };
}

async function answer(
  invoke: Invoke,
  failed: (functionName: string, error: unknown) => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, name, query = ''] = INVOCATIONS.exec(request.url ?? '') ?? [];
  const functionName = name === undefined ? undefined : decodePercent(name);
  if (request.method !== 'POST' || functionName === undefined) {
    throw new LambdaServiceError(
      'ResourceNotFoundException',
      `There is no ${request.method} ${request.url}.`,
    );
  }
  const payload = await readBytes(request, MAX_REQUEST_BYTES);
  if (payload === undefined) throw payloadTooLarge('A larger');
  const invocation: InvokeRequest = {
    functionName,
    payload,
    qualifier: new URLSearchParams(query).get('Qualifier') ?? undefined,
    traceId: readHeader(request, 'x-amzn-trace-id'),
  };
  const type = readHeader(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  if (type === 'RequestResponse') {
    const wantsLog = readHeader(request, 'x-amz-log-type') === 'Tail';
    return succeed(response, await invoke(invocation), wantsLog);
  }
  if (type === 'Event') {
    // Lambda takes an event and runs it later; what becomes of it is in the log.
    invoke(invocation).catch((error: unknown) => failed(invocation.functionName, error));
    response.writeHead(202, { 'x-amzn-requestid': randomUUID() }).end();
    return;
  }
  throw new LambdaServiceError('InvalidParameterValueException', `There is no invocation type ${type}.`);
}

function succeed(response: ServerResponse, result: InvokeResult, wantsLog: boolean): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amzn-requestid': result.requestId,
    'x-amz-executed-version': LATEST,
    ...(result.functionError && { 'x-amz-function-error': result.functionError }),
    ...(wantsLog && { 'x-amz-log-result': Buffer.from(result.logTail).toString('base64') }),
  });
  response.end(result.payload);
}

function refuse(response: ServerResponse, error: unknown): void {
  const code = error instanceof LambdaServiceError ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  response.writeHead(code === undefined ? 500 : STATUS_OF[code], {
    'content-type': 'application/json',
    'x-amzn-errortype': code ?? 'ServiceException',
    'x-amzn-requestid': randomUUID(),
  });
  const reason =
    code === 'TooManyRequestsException'
      ? { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }
      : {};
  response.end(
    JSON.stringify({ Type: code === undefined ? 'Service' : 'User', Message: message, message, ...reason }),
  );
}

function readHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
