/**
 * The predict function as an extension of itself. Lambda freezes an environment only when every extension waits for its next
 * event, so what has to be sent is sent between an answer and the freeze, and nobody waits for it. And because there is an
 * extension, Lambda tells the process of its end. See ADR-extension.md.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { PilotlightError } from '@pilotlight/engine';

const API = '/2020-01-01/extension';
const ID = 'lambda-extension-identifier';

export class ExtensionError extends PilotlightError<'EXTENSION_REFUSED'> {
  override readonly name = 'ExtensionError';
}

export interface Extension {
  /** Tells that an invocation has been answered, or has failed. Call it once for each, also where nothing is to be done. */
  answered(): void;
}

export interface ExtensionDependencies {
  /** AWS_LAMBDA_RUNTIME_API: host and port. */
  readonly address: string;
  /**
   * Is run after every answer, and must not reject. `deadline`, in milliseconds since 1970, is the end of the function's time.
   *
   * @default - nothing is, and invocations are not waited for
   */
  readonly afterAnswer?: (deadline: number) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Registers in the init phase, before Lambda is asked for the first invocation.
 *
 * @throws ExtensionError EXTENSION_REFUSED
 */
export async function startExtension({
  address,
  afterAnswer,
  logger,
}: ExtensionDependencies): Promise<Extension> {
  const call = caller(address);
  const events = afterAnswer ? ['INVOKE'] : [];
  const registered = await call('POST', '/register', { 'lambda-extension-name': 'pilotlight' }, { events });
  const id = registered.response.headers[ID];
  if (typeof id !== 'string') {
    throw new ExtensionError('EXTENSION_REFUSED', `Lambda gives no ${ID} to the extension.`);
  }
  let answers = 0;
  let wake = () => {};
  const follow = async () => {
    for (let invocations = 1; ; invocations++) {
      const { body } = await call('GET', '/event/next', { [ID]: id });
      while (answers < invocations) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      // AWS's runtime sends the answer in the turn of the event loop after that of the handler.
      await nextTurn();
      await nextTurn();
      await afterAnswer?.(Number(Object(body).deadlineMs));
    }
  };
  follow().catch((error) => logger.error('The extension of the function has ended', { error }));
  return {
    answered: () => {
      answers += 1;
      wake();
    },
  };
}

type Call = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
) => Promise<{ readonly response: IncomingMessage; readonly body: unknown }>;

/** Calls the Extensions API, on a connection that may stand still for as long as the environment is frozen. */
function caller(address: string): Call {
  const agent = new Agent({ keepAlive: true });
  return async (method, path, headers, body) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(`http://${address}${API}${path}`, { method, agent, headers }, resolve)
      .on('error', reject)
      .end(body && JSON.stringify(body));
    const response = await promise;
    const answer = await json(response);
    if (response.statusCode === 200) return { response, body: answer };
    throw new ExtensionError(
      'EXTENSION_REFUSED',
      `Lambda answers ${response.statusCode} to ${method} ${path} of the extension: ${JSON.stringify(answer)}`,
    );
  };
}
