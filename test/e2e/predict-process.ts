/** The bundled predict function in a process of its own, with the events of API Gateway. */
import assert from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as z from 'zod';
import { userEnvironment } from './command.ts';

const messageSchema = z.object({
  id: z.int(),
  result: z.nullable(
    z.object({
      statusCode: z.int(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.string(),
      isBase64Encoded: z.boolean(),
    }),
  ),
});

export interface PredictAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** A body of JSON. */
  readonly body: unknown;
}

export interface PredictProcess {
  /** Everything that it logged up to now. */
  log(): string;
  get(path: string): Promise<PredictAnswer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<PredictAnswer>;
  stop(): Promise<void>;
}

/** `file` is the index of its bundle. Rejects with what it logged where it ends before it is ready. */
export async function startPredict(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<PredictProcess> {
  const child = fork(join(import.meta.dirname, 'predict-process.mjs'), [file], {
    env: userEnvironment({ NODE_PATH: join(import.meta.dirname, '../../node_modules'), ...environment }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  const waiting = new Map<number, (answer: PredictAnswer) => void>();
  child.on('message', (message) => {
    const { id, result } = messageSchema.parse(message);
    if (!result) return;
    const bytes = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
    const headers = new Headers(result.headers);
    const isJson = headers.get('content-type') === 'application/json' && !headers.has('content-encoding');
    const body: unknown = isJson ? JSON.parse(bytes.toString()) : undefined;
    waiting.get(id)?.({ status: result.statusCode, headers, bytes, body });
    waiting.delete(id);
  });
  await Promise.race([once(child, 'message'), once(child, 'close')]);
  if (child.exitCode !== null) assert.fail(`It ended with ${child.exitCode}:\n${log}`);
  let last = 0;
  const invoke = (method: string, path: string, headers: Record<string, string>, body?: string) => {
    last += 1;
    const { promise, resolve } = Promise.withResolvers<PredictAnswer>();
    waiting.set(last, resolve);
    child.send({ id: last, event: eventOf(method, path, headers, body) });
    return promise;
  };
  return {
    log: () => log,
    get: (path) => invoke('GET', path, {}),
    post: (path, body, headers) =>
      invoke('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

/** Payload format 2.0: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function eventOf(method: string, path: string, headers: Record<string, string>, body: string | undefined) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'abcde12345.execute-api.eu-central-1.amazonaws.com', ...headers },
    requestContext: { stage: '$default', domainName: 'localhost', http: { method, path } },
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
  };
}
