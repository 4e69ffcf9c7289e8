/**
 * One execution environment of a web function: started, ready once its server listens, shared by requests, and ended.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebProcess, type WebProcessOptions } from './web-process.ts';

/** What Lambda bills of an environment, but for the data that goes out. */
export interface EnvironmentUsage {
  /** Name of its log stream. */
  readonly id: string;
  readonly requests: number;
  /** From the start of its process until it listened; undefined where it never did. */
  readonly initMs: number | undefined;
  /** From its start to its end, or to now. */
  readonly lifeMs: number;
  /** Milliseconds that all its threads have run; 0 where the system does not say. */
  readonly cpuMs: number;
  readonly maxMemoryMegabytes: number;
}

/** From when a process that ends closes its connections to when the system says so. */
const EXIT_MS = 200;

type State = 'starting' | 'ready' | 'over';

export class WebEnvironment {
  readonly id: string;
  /** Keeps connections to the server, as long as the server does. */
  readonly agent = new Agent({ keepAlive: true });
  /** Resolves to whether it can take requests. */
  readonly ready: Promise<boolean>;
  /** Settles once its process is gone. */
  readonly gone: Promise<void>;
  readonly #options: WebProcessOptions;
  readonly #startedAt = performance.now();
  #process: WebProcess | undefined;
  #initMs: number | undefined;
  #endedAt: number | undefined;
  #state: State = 'starting';
  #requests = 0;
  #inFlight = 0;

  /** Starts at once. */
  constructor(id: string, options: WebProcessOptions) {
    this.id = id;
    this.#options = options;
    const started = this.#start();
    this.ready = started.then(({ listens }) => listens);
    this.gone = started.then(async ({ process }) => {
      await process.exited;
      this.#state = 'over';
      this.#endedAt = performance.now();
      this.agent.destroy();
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get isStarting(): boolean {
    return this.#state === 'starting';
  }

  /** True once it listens, until it is told to end or has ended. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get port(): number {
    return this.#process?.port ?? 0;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get isFrozen(): boolean {
    return this.#process?.isFrozen ?? false;
  }

  /** A request comes. */
  begin(): void {
    this.#requests += 1;
    this.#inFlight += 1;
    if (this.isFrozen) this.#process?.thaw();
  }

  /** A request is over. */
  finish(): void {
    this.#inFlight -= 1;
  }

  /** The process stands still until the next request. */
  rest(): void {
    if (this.#options.definition.freezes) this.#process?.freeze();
  }

  usage(): EnvironmentUsage {
    return {
      id: this.id,
      requests: this.#requests,
      initMs: this.#initMs,
      lifeMs: (this.#endedAt ?? performance.now()) - this.#startedAt,
      cpuMs: this.#process?.cpuMs ?? 0,
      maxMemoryMegabytes: this.#process?.maxMemoryMegabytes ?? 0,
    };
  }

  /** Resolves once the process is gone, or has shown that it lives on after a connection to it broke. */
  async outlive(): Promise<void> {
    await Promise.race([this.gone, pause(EXIT_MS, undefined, { ref: false })]);
  }

  /** SIGTERM, and SIGKILL a second later, however many requests are under way. */
  async end(): Promise<void> {
    // Nobody has to be told who has not begun.
    if (this.isStarting) this.#process?.kill();
    await this.ready;
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#tell('platform.spinDownStart', {});
    const inTime = await this.#process?.terminate();
    this.#tell('platform.spinDownReport', { status: inTime ? 'success' : 'timeout' });
  }

  /** The init phase: the process has to listen in time. */
  async #start(): Promise<{ readonly listens: boolean; readonly process: WebProcess }> {
    this.#tell('platform.initStart', { initializationType: 'native-http' });
    const process = await WebProcess.start(this.#options);
    this.#process = process;
    const listens = await process.listens(this.#options.definition.initSeconds * 1000);
    const durationMs = performance.now() - this.#startedAt;
    if (listens) this.#initMs = durationMs;
    else process.kill();
    this.#state = listens ? 'ready' : 'over';
    this.#tell('platform.initReport', {
      status: listens ? 'success' : 'failure',
      ...(!listens && { errorType: 'Application.InitCodeError' }),
      metrics: { durationMs },
    });
    return { listens, process };
  }

  #tell(type: string, record: Readonly<Record<string, unknown>>): void {
    this.#options.log.platform(JSON.stringify({ time: new Date().toISOString(), type, record }));
  }
}
