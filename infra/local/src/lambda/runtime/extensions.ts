/**
 * The Extensions API of one execution environment, for extensions within the process of the function.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

export const EXTENSIONS_PREFIX = '/2020-01-01/extension/';

/** An extension in the process of the function is told of its end by SIGTERM, and by no event. */
const registrationSchema = z.object({ events: z.array(z.literal('INVOKE')) });

export interface InvokeEvent {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string;
}

interface Extension {
  readonly invoked: boolean;
  /** Where its next event goes, while it waits for one. */
  waiting?: ServerResponse | undefined;
}

export class Extensions {
  readonly #extensions = new Map<string, Extension>();
  #idle: (() => void) | undefined;
  #initialised = false;

  /** Whether there is one: then the process is told before it is ended. */
  get registered(): boolean {
    return this.#extensions.size > 0;
  }

  /** Whether every extension waits for its next event. */
  get isIdle(): boolean {
    return [...this.#extensions.values()].every(({ waiting }) => waiting);
  }

  /** Settles once every extension waits for its next event, which may be at once. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#settle();
    });
  }

  /** The init phase is over, and with it the time in which extensions may register. */
  close(): void {
    this.#initialised = true;
  }

  /** Tells those that asked for it of an invocation. */
  invoke({ requestId, deadlineMs, functionArn, traceId }: InvokeEvent): void {
    const tracing = { type: 'X-Amzn-Trace-Id', value: traceId };
    const event = { eventType: 'INVOKE', deadlineMs, requestId, invokedFunctionArn: functionArn, tracing };
    for (const extension of this.#extensions.values()) {
      if (!extension.invoked || !extension.waiting) continue;
      reply(extension.waiting, 200, event);
      extension.waiting = undefined;
    }
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.slice(EXTENSIONS_PREFIX.length);
    if (request.method === 'POST' && path === 'register') return this.#register(request, response);
    const id = request.headers['lambda-extension-identifier'];
    const extension = this.#extensions.get(String(id));
    if (request.method !== 'GET' || path !== 'event/next') {
      return reply(response, 404, { errorType: 'NotFound', errorMessage: `There is no ${request.url}.` });
    }
    if (!extension) {
      const errorMessage = `Lambda-Extension-Identifier is ${id}, which is not registered.`;
      return reply(response, 403, { errorType: 'Extension.UnknownExtensionIdentifier', errorMessage });
    }
    extension.waiting = response;
    this.#settle();
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const registration = registrationSchema.safeParse(await json(request).catch(() => undefined));
    const refuse = (status: number, errorType: string, errorMessage: string) =>
      reply(response, status, { errorType: `Extension.${errorType}`, errorMessage });
    if (this.#initialised)
      return refuse(403, 'RegistrationClosed', 'Extensions register in the init phase only.');
    if (request.headers['lambda-extension-name'] === undefined)
      return refuse(400, 'InvalidExtensionName', 'The header Lambda-Extension-Name is missing.');
    if (!registration.success)
      return refuse(400, 'InvalidEventType', 'An extension in the process of its function has INVOKE alone.');
    const id = randomUUID();
    this.#extensions.set(id, { invoked: registration.data.events.length > 0 });
    response.setHeader('lambda-extension-identifier', id);
    reply(response, 200, {});
  }

  #settle(): void {
    if (this.isIdle) this.#idle?.();
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
