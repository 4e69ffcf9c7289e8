/** The process of one execution environment: started, asked until it listens, frozen and thawed, told to end. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EnvironmentProcess } from '../lambda/environment/environment-process.ts';
import type { OrphanGuard } from '../lambda/environment/orphan-guard.ts';
import type { LogStream } from '../lambda/log-stream.ts';
import { end, listen } from '../listen.ts';
import { cpuMilliseconds } from './cpu-time.ts';
import { type DefinedWebFunction, MEMORY_MEGABYTES, webVariables } from './web-definition.ts';

/** Between two tries to connect. */
const PROBE_MS = 5;
/** "The process has up to 1 second to complete cleanup." */
const CLEANUP_MS = 1000;

export interface WebProcessOptions {
  readonly definition: DefinedWebFunction;
  readonly folders: { readonly task: string; readonly tmp: string };
  readonly log: LogStream;
  readonly guard: OrphanGuard;
}

export class WebProcess {
  readonly port: number;
  /** Settles with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  readonly #process: EnvironmentProcess;
  #cpuMs = 0;
  #isFrozen = false;
  #hasExited = false;

  static async start(options: WebProcessOptions): Promise<WebProcess> {
    return new WebProcess(options, await freePort());
  }

  private constructor({ definition, folders, log, guard }: WebProcessOptions, port: number) {
    this.port = port;
    const exited = Promise.withResolvers<number | null>();
    this.exited = exited.promise;
    this.#process = new EnvironmentProcess({
      args: [join(folders.task, definition.entryPoint)],
      folder: folders.task,
      variables: webVariables(definition, folders, port),
      memoryMegabytes: MEMORY_MEGABYTES,
      log,
      guard,
      onExit: (code) => {
        this.#hasExited = true;
        exited.resolve(code);
      },
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Milliseconds that all its threads have run. Of a process that is gone, those up to when it was last looked at. */
  get cpuMs(): number {
    const { pid } = this.#process;
    this.#cpuMs = (pid === undefined ? undefined : cpuMilliseconds(pid)) ?? this.#cpuMs;
    return this.#cpuMs;
  }

  get maxMemoryMegabytes(): number {
    return this.#process.maxMemoryMegabytes;
  }

  /** Resolves to true once the process listens, to false where it has ended or the time is over. */
  async listens(limitMs: number): Promise<boolean> {
    const limit = performance.now() + limitMs;
    while (!this.#hasExited && performance.now() < limit) {
      if (await canConnect(this.port)) return true;
      await pause(PROBE_MS);
    }
    return false;
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#process.freeze();
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#process.thaw();
  }

  /** SIGTERM, and SIGKILL a second later. Resolves once the process is gone, to whether it ended by itself. */
  async terminate(): Promise<boolean> {
    if (this.#isFrozen) this.thaw();
    this.#cpuMs = this.cpuMs;
    this.#process.askToEnd();
    const stopped = new AbortController();
    const late = pause(CLEANUP_MS, true, { signal: stopped.signal }).catch(() => false);
    const inTime = await Promise.race([this.exited.then(() => true), late.then(() => false)]);
    stopped.abort();
    this.kill();
    await this.exited;
    return inTime;
  }

  kill(): void {
    this.#process.kill();
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await end(server);
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
