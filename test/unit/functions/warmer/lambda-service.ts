/**
 * Lambda's Invoke API on loopback, with execution environments as Lambda has them: one invocation at a time in each, a
 * new one where all are busy, and those that have answered are used again.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { listenOnLoopback } from './loopback.ts';

interface Environment {
  readonly id: string;
  busy: boolean;
  used: boolean;
}

export interface LambdaServiceOptions {
  /** Milliseconds that starting an environment takes. @default 0 */
  readonly initMs?: number;
  /** Environments at once; one more invocation is throttled. @default - no limit */
  readonly concurrency?: number;
  /** Milliseconds between two invocations that are let in. @default 0 */
  readonly spacingMs?: number;
  /** Answers in the place of the function, given the number of the invocation from 1. @default - none */
  readonly instead?: (invocation: number, response: ServerResponse) => boolean;
}

export class LambdaService {
  readonly environments: Environment[] = [];
  /** Path and payload of every invocation. */
  readonly invocations: { readonly path: string; readonly payload: { readonly holdUntil: number } }[] = [];
  readonly #options: LambdaServiceOptions;
  #letIn: Promise<unknown> = Promise.resolve();
  url = '';
  stop: () => Promise<void> = async () => {};

  private constructor(options: LambdaServiceOptions) {
    this.#options = options;
  }

  static async start(options: LambdaServiceOptions = {}): Promise<LambdaService> {
    const service = new LambdaService(options);
    const server = createServer((request, response) => void service.#answer(request, response));
    return Object.assign(service, await listenOnLoopback(server));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const number = this.invocations.push({ path: request.url ?? '', payload });
    if (this.#options.instead?.(number, response)) return;
    const turn = this.#letIn;
    this.#letIn = turn.then(() => pause(this.#options.spacingMs ?? 0));
    await turn;
    const environment = this.environments.find(({ busy }) => !busy) ?? this.#create();
    if (!environment) return throttle(response);
    environment.busy = true;
    const coldStart = !environment.used;
    environment.used = true;
    if (coldStart) await pause(this.#options.initMs ?? 0);
    await pause(Math.max(0, payload.holdUntil - Date.now()));
    environment.busy = false;
    reply(response, {
      source: 'pilotlight.warmup',
      coldStart,
      environment: environment.id,
      models: ['sentiment@1.0.0'],
      selfCheck: null,
    });
  }

  #create(): Environment | undefined {
    if (this.environments.length >= (this.#options.concurrency ?? Number.POSITIVE_INFINITY)) return undefined;
    const environment = { id: randomUUID(), busy: false, used: false };
    this.environments.push(environment);
    return environment;
  }
}

export function reply(
  response: ServerResponse,
  payload: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/json', 'x-amz-executed-version': '7', ...headers });
  response.end(JSON.stringify(payload));
}

export function throttle(response: ServerResponse): void {
  response.writeHead(429, {
    'content-type': 'application/json',
    'x-amzn-errortype': 'TooManyRequestsException',
  });
  response.end(
    JSON.stringify({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      message: 'Rate Exceeded.',
    }),
  );
}
