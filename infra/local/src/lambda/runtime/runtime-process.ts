/** One process with the runtime in it, and the Runtime API that it talks to. */
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { EnvironmentProcess } from '../environment/environment-process.ts';
import { environmentVariables, type Folders } from '../environment/environment-variables.ts';
import type { OrphanGuard } from '../environment/orphan-guard.ts';
import type { DefinedFunction } from '../function-definition.ts';
import type { LogStream } from '../log-stream.ts';
import { type Delivery, type OnStream, RuntimeApi, trailingError } from './runtime-api.ts';

/** Our runtime for Node 24. */
export const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
const RUNTIME_FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** The most that an invocation may answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_RESPONSE_BYTES = 6_291_556;
/** The time that a process has to end with, if an extension is in it. */
const SHUTDOWN_MS = 500;

export interface Exited {
  readonly kind: 'exited';
  readonly code: number | null;
  readonly outOfMemory: boolean;
}
/** Milliseconds of the parts of an init phase. */
export interface InitPhases {
  /** Milliseconds from the start of the process to the first line of the runtime in it. */
  readonly processMs: number;
  /** Import of the handler, with its top-level await. */
  readonly functionMs: number;
  readonly totalMs: number;
}
export type Initialised =
  | { readonly kind: 'ready'; readonly phases: InitPhases }
  | { readonly kind: 'error'; readonly payload: Buffer }
  | Exited;
export type Handled = { readonly kind: 'response' | 'error'; readonly payload: Buffer } | Exited;

const marksSchema = z.object({ node: z.number(), ready: z.number() });
const now = () => performance.timeOrigin + performance.now();

export interface ProcessOptions {
  readonly definition: DefinedFunction;
  readonly folders: Folders;
  /** Name of the log stream. */
  readonly environment: string;
  readonly log: LogStream;
  readonly guard: OrphanGuard;
  /** The script that loads the handler and speaks the Runtime API. */
  readonly runtime: string;
}

export class RuntimeProcess {
  /** Settles when the init phase is over, well or not. */
  readonly initialised: Promise<Initialised>;
  readonly exited: Promise<Exited>;
  readonly #api: RuntimeApi;
  readonly #process: EnvironmentProcess;
  #idle: (handled: Handled | undefined) => void = () => {};
  #answer: Handled | undefined;
  #onStream: OnStream | undefined;

  static async start(options: ProcessOptions): Promise<RuntimeProcess> {
    const settled = Promise.withResolvers<Initialised>();
    let running: RuntimeProcess | undefined;
    let initialised = false;
    const spawnedAt = now();
    const answered = (kind: 'response' | 'error') => (_requestId: string, payload: Buffer) => {
      if (running) running.#answer = { kind, payload };
    };
    const api = await RuntimeApi.listen(
      {
        next: (headers) => {
          if (initialised) {
            if (running) running.#idle(running.#answer);
            return;
          }
          initialised = true;
          const phases = readPhases(headers['pilotlight-marks'], spawnedAt);
          void api.extensions.idle().then(() => {
            api.extensions.close();
            settled.resolve({ kind: 'ready', phases: { ...phases, totalMs: now() - spawnedAt } });
          });
        },
        response: answered('response'),
        stream: (_requestId, body) => {
          if (running) void running.#take(body);
        },
        error: answered('error'),
        initError: (payload) => settled.resolve({ kind: 'error', payload }),
      },
      MAX_RESPONSE_BYTES,
    );
    running = new RuntimeProcess(options, api, settled);
    return running;
  }

  private constructor(
    { definition, folders, environment, log, guard, runtime: script }: ProcessOptions,
    api: RuntimeApi,
    settled: PromiseWithResolvers<Initialised>,
  ) {
    this.#api = api;
    const { memoryMegabytes } = definition;
    const runtime = { address: api.address, folder: RUNTIME_FOLDER, logStream: environment };
    this.initialised = settled.promise;
    const over = Promise.withResolvers<Exited>();
    this.exited = over.promise;
    this.#process = new EnvironmentProcess({
      args: [...nodeOptions(memoryMegabytes), script],
      folder: folders.task,
      variables: environmentVariables(definition, folders, runtime),
      memoryMegabytes,
      log,
      guard,
      onExit: (code) => {
        api.close();
        const exited: Exited = { kind: 'exited', code, outOfMemory: this.#process.isOutOfMemory };
        settled.resolve(exited);
        this.#idle(this.#answer ?? exited);
        over.resolve(exited);
      },
    });
  }

  get maxMemoryMegabytes(): number {
    return this.#process.maxMemoryMegabytes;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Settles when the runtime asks for the next invocation, which Lambda takes for the end of this one. */
  handle(delivery: Delivery): Promise<Handled> {
    this.#answer = undefined;
    this.#onStream = delivery.onStream;
    return new Promise((resolve) => {
      this.#idle = (handled) => handled && resolve(handled);
      this.#api.deliver(delivery);
    });
  }

  /** An answer that breaks off is none: the process is gone. */
  async #take(body: IncomingMessage): Promise<void> {
    this.#onStream?.(body);
    const payload = await (this.#onStream ? ended(body) : buffer(body)).catch(() => undefined);
    if (payload === undefined) return;
    const error = trailingError(body);
    this.#answer = error ? { kind: 'error', payload: error } : { kind: 'response', payload };
  }

  /** Settles when no extension works any more, which Lambda waits for before it freezes; undefined where none works now. */
  get extensionsIdle(): Promise<void> | undefined {
    const { extensions } = this.#api;
    return extensions.isIdle ? undefined : extensions.idle();
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  /** Ends the process, which is told before if there is an extension in it. */
  async end(): Promise<void> {
    if (!this.#api.extensions.registered) return this.kill();
    this.thaw();
    this.#process.askToEnd();
    const timer = setTimeout(() => this.kill(), SHUTDOWN_MS);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill();
  }
}

/** Settles, with nothing, once somebody else has read it. */
async function ended(body: IncomingMessage): Promise<Buffer> {
  await finished(body);
  return Buffer.alloc(0);
}

/** Our bootstrap tells when it began; of another runtime only the whole is known. */
function readPhases(
  marks: string | readonly string[] | undefined,
  spawnedAt: number,
): Pick<InitPhases, 'processMs' | 'functionMs'> {
  if (typeof marks !== 'string') return { processMs: 0, functionMs: now() - spawnedAt };
  const { node, ready } = marksSchema.parse(JSON.parse(marks));
  return { processMs: node - spawnedAt, functionMs: ready - node };
}

/**
 * Starts Node as /var/runtime/bootstrap in AWS's images does: a tenth of the memory for new objects, the rest for old ones.
 * `--expose-gc` is in every cold start: V8 then refuses the code cache of Node's own modules (35 ms measured here).
 */
function nodeOptions(memoryMegabytes: number): string[] {
  const newSpace = Math.floor(memoryMegabytes / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(newSpace / 2)}`,
    `--max-old-space-size=${memoryMegabytes - newSpace}`,
  ];
}
