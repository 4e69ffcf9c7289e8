/** A Lambda web function on a port of this machine. See docs/reference/local-lambda.md, which says what AWS says and what is assumed here. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type CallerRules, refuseForeignCaller } from '../foreign-caller.ts';
import { OrphanGuard } from '../lambda/environment/orphan-guard.ts';
import { WorkFolder } from '../lambda/environment/work-folder.ts';
import type { LogSink } from '../lambda/log-stream.ts';
import { type Address, end, listen } from '../listen.ts';
import { forward } from './forward.ts';
import { RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import { type DefinedWebFunction, type WebFunction, withWebDefaults } from './web-definition.ts';
import type { EnvironmentUsage } from './web-environment.ts';
import { WebPool } from './web-pool.ts';

/** A request that was answered. */
export interface WebExchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** From when it came until its answer was sent, with the wait for an environment. */
  readonly ms: number;
  /** Name of the log stream of the environment that answered; nothing where none did. */
  readonly environment?: string | undefined;
}

export interface LocalWebFunctionOptions {
  /** Gets every line of every log stream. @default - none is kept */
  readonly log?: LogSink;
  /** @default - nobody is told */
  readonly answered?: (exchange: WebExchange) => void;
  /** Who may call, beside programs that call `localhost`. @default - nobody */
  readonly callers?: CallerRules;
}

export interface WebEnvironmentState {
  readonly id: string;
  readonly pid: number | undefined;
  readonly inFlight: number;
  readonly isFrozen: boolean;
}

const METHODS: ReadonlySet<string | undefined> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'OPTIONS',
  'DELETE',
]);

export class LocalWebFunction {
  /** Its endpoint, which `serve` has listen; another program may have it listen itself. */
  readonly server: Server;
  readonly #definition: DefinedWebFunction;
  readonly #work = new WorkFolder();
  readonly #guard = new OrphanGuard(this.#work.root);
  readonly #pool: WebPool;
  readonly #rate: RateLimit;
  #closed: Promise<void> | undefined;
  readonly #options: Required<Pick<LocalWebFunctionOptions, 'answered' | 'callers'>>;

  /** Starts no environment, and does not listen yet. */
  constructor(
    definition: WebFunction,
    { log = () => {}, answered = () => {}, callers = {} }: LocalWebFunctionOptions = {},
  ) {
    this.#definition = withWebDefaults(definition);
    this.#options = { answered, callers };
    this.#rate = new RateLimit(this.#definition.rateLimit);
    const parts = { work: this.#work, guard: this.#guard, task: this.#place(), log };
    this.#pool = new WebPool({ definition: this.#definition, ...parts });
    this.server = createServer((request, response) => void this.#answer(request, response));
    this.server.on('checkContinue', (_, response: ServerResponse) => {
      const reason = 'Expect: 100-continue is not supported.';
      refuse(response, new Refusal('Endpoint.UnsupportedExpectation', reason), randomUUID());
    });
  }

  /** Has the endpoint listen, and gives its address. @throws EmulatorError PORT_UNAVAILABLE */
  async serve(address: Address = {}): Promise<string> {
    const port = await listen(this.server, address);
    return `http://${address.host ?? '127.0.0.1'}:${port}`;
  }

  /** Environments that exist, in the order in which they were started. */
  environments(): readonly WebEnvironmentState[] {
    return this.#pool
      .environments()
      .map(({ id, pid, inFlight, isFrozen }) => ({ id, pid, inFlight, isFrozen }));
  }

  /** What Lambda would bill, of every environment that there was. */
  usage(): readonly EnvironmentUsage[] {
    return this.#pool.usage();
  }

  /** Scales to zero: each process gets SIGTERM, and a second. Requests under way get no more of it. */
  scaleToZero(): Promise<void> {
    return this.#pool.close();
  }

  /** Ends the endpoint and every environment, once however often it is called. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.server.listening) await end(this.server);
    await this.#pool.close();
    this.#leave();
  }

  /** Links the package; where there is none, nothing is left behind. */
  #place(): string {
    try {
      return this.#work.placeLinked(this.#definition.name, this.#definition.folder);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  #leave(): void {
    this.#work.remove();
    this.#guard.end();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now();
    const requestId = randomUUID();
    const timeoutMs = this.#definition.timeoutSeconds * 1000;
    const { method = '', url = '' } = request;
    let environment: string | undefined;
    try {
      this.#admit(request);
      const place = await this.#pool.take();
      environment = place.environment.id;
      try {
        await forward(request, response, place.environment, { requestId, timeoutMs });
      } catch (error) {
        if (error instanceof Refusal && error.code === 'Runtime.ExitError') await place.environment.outlive();
        throw error;
      } finally {
        place.release();
      }
    } catch (error) {
      // Node takes a bug that is thrown here for its own, and ends with it.
      if (!(error instanceof Refusal)) throw error;
      request.resume();
      refuse(response, error, requestId);
    }
    const ms = performance.now() - start;
    this.#options.answered({ method, path: url, status: response.statusCode, ms, environment });
  }

  /** @throws Refusal */
  #admit({ headers, method, httpVersion }: IncomingMessage): void {
    const foreign = refuseForeignCaller(headers, { ...this.#options.callers, hasPages: true });
    if (foreign !== undefined) throw new Refusal('Endpoint.Forbidden', foreign);
    if (httpVersion !== '1.1') throw new Refusal('Endpoint.UnsupportedVersion', 'HTTP/1.1 is needed.');
    if (!METHODS.has(method))
      throw new Refusal('Endpoint.UnsupportedMethod', 'This method is not supported.');
    if (!this.#rate.pass()) throw new Refusal('Endpoint.RateLimit', 'The rate limit is exceeded.');
  }
}

function refuse(response: ServerResponse, { status, code, message }: Refusal, requestId: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'lambda-web-error-type': code,
    'lambda-web-request-id': requestId,
  });
  response.end(JSON.stringify({ message }));
}
