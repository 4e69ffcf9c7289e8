/**
 * The session port on a thread of its own, for servers that take many requests at once: `run` of
 * onnxruntime-node blocks its thread, and here that is not the thread that answers HTTP.
 */
import './no-telemetry.ts';
import type { Worker } from 'node:worker_threads';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Feeds, GraphNames, Outputs, PooledRows, Session, SessionOptions } from '../ports.ts';
import { siblingModule } from './sibling-module.ts';
import { startThread } from './start-thread.ts';
import {
  type FromWorker,
  listTransferred,
  type ToWorker,
  toError,
  type WorkerData,
} from './worker-protocol.ts';

/** How long the caller of a session waits. */
interface Deadlines {
  /** For one run: many times as long as a batch takes. @default 5 minutes */
  readonly runMs?: number;
  /** For the end of the thread. @default 10 seconds */
  readonly disposeMs?: number;
}

/**
 * Threads that still run though they were given up, and their graphs. These are not opened again, because each would keep a core busy.
 */
const neverEnding = new Map<Worker, string>();

/**
 * Opens a graph in a thread of its own, which runs `script`.
 *
 * @throws EngineError as `createOnnxSession` does, and SESSION_FAILED where the thread cannot start, or where a run of the graph
 * was given up and has not ended since.
 */
export async function createWorkerSession(
  file: string,
  graph: GraphNames,
  options: SessionOptions,
  {
    script = siblingModule('session-worker', import.meta.url),
    ...deadlines
  }: Deadlines & { readonly script?: URL } = {},
): Promise<Session> {
  if ([...neverEnding.values()].includes(file)) {
    throw new EngineError(
      'SESSION_FAILED',
      'A run of this model did not end, and still goes on. Repair the model, and start the process anew.',
    );
  }
  const data: Omit<WorkerData, 'busy'> = { file, graph, options };
  const worker = await startThread(script, data);
  return new WorkerSession(worker, file, deadlines);
}

type RunMessage = Extract<ToWorker, { readonly kind: 'run' }>;

interface Pending {
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: EngineError) => void;
}

class WorkerSession implements Session {
  readonly runsElsewhere = true;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #stopped: EngineError | undefined;
  #disposing = false;
  readonly #givenUp = Promise.withResolvers<void>();
  readonly #file: string;
  readonly #deadlines: Required<Deadlines>;
  #deadline: NodeJS.Timeout | undefined;

  constructor(worker: Worker, file: string, { runMs = 300_000, disposeMs = 10_000 }: Deadlines) {
    this.#worker = worker;
    this.#file = file;
    this.#deadlines = { runMs, disposeMs };
    worker.on('message', (message: FromWorker) => this.#settle(message));
    worker.on('error', (cause) =>
      this.#stop(new EngineError('SESSION_FAILED', 'The session died.', { cause })),
    );
    worker.on('exit', () => this.#stop(new EngineError('SESSION_FAILED', 'The session ended.')));
    worker.unref();
  }

  run(feeds: Feeds, outputs?: readonly string[]): Promise<Outputs> {
    return this.#run(feeds, { outputs });
  }

  runPooled(feeds: Feeds, pooled: PooledRows): Promise<Outputs> {
    return this.#run(feeds, { pooled });
  }

  #run(feeds: Feeds, wanted: Pick<RunMessage, 'outputs' | 'pooled'>): Promise<Outputs> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      if (this.#pending.size === 1) this.#startDeadline();
      this.#send({ kind: 'run', id, feeds, ...wanted });
    });
  }

  get ended(): boolean {
    return this.#stopped !== undefined;
  }

  async dispose(): Promise<void> {
    if (this.#stopped) return;
    this.#disposing = true;
    // A thread that dies of it is gone as well; `#stop` tells its runs.
    const exit = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.ref();
    this.#send({ kind: 'dispose' });
    const deadline = setTimeout(
      () => this.#giveUp('did not end when it was closed'),
      this.#deadlines.disposeMs,
    );
    await Promise.race([exit, this.#givenUp.promise]);
    clearTimeout(deadline);
  }

  /** The time of a run begins when the run before it has ended. */
  #startDeadline(): void {
    clearTimeout(this.#deadline);
    const { runMs } = this.#deadlines;
    this.#deadline = setTimeout(() => this.#giveUp(`did not end within ${runMs / 1000} s`), runMs).unref();
  }

  /** Nobody waits for the thread any more: it ends once its native code returns, or with the process. */
  #giveUp(what: string): void {
    neverEnding.set(this.#worker, this.#file);
    this.#worker.once('exit', () => neverEnding.delete(this.#worker));
    this.#stop(new EngineError('SESSION_FAILED', `A run of the model ${what}, and was given up.`));
    process.emitWarning(
      `A run of ${this.#file} ${what}. It keeps a core busy until the process ends.`,
      'PilotlightWarning',
    );
    this.#worker.unref();
    void this.#worker.terminate();
    this.#givenUp.resolve();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message, message.kind === 'run' ? listTransferred(message.feeds) : []);
  }

  #settle(message: FromWorker): void {
    if (message.kind === 'ready' || message.id === undefined) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    // A run may end after `dispose` was called: the process must not, before the thread has.
    if (this.#pending.size === 0) clearTimeout(this.#deadline);
    else this.#startDeadline();
    if (this.#pending.size === 0 && !this.#disposing) this.#worker.unref();
    if (message.kind === 'outputs') pending?.resolve(message.outputs);
    else pending?.reject(toError(message));
  }

  #stop(reason: EngineError): void {
    this.#stopped ??= reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    clearTimeout(this.#deadline);
  }
}
