/**
 * The session port on a thread of its own, for servers that take many requests at once: `run` of
 * onnxruntime-node blocks its thread, and here that is not the thread that answers HTTP.
 */
import './no-telemetry.ts';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Graph } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Feeds, Outputs, Session, SessionOptions } from '../ports.ts';
import { siblingModule } from './sibling-module.ts';
import type { Failure, FromWorker, ToWorker, WorkerData } from './worker-protocol.ts';

/**
 * Opens a graph in a thread of its own, which runs `script`.
 *
 * @throws EngineError as `createOnnxSession` does, and SESSION_FAILED where the thread cannot start.
 */
export async function createWorkerSession(
  file: string,
  graph: Graph,
  options: SessionOptions,
  script: URL = siblingModule('session-worker', import.meta.url),
): Promise<Session> {
  const workerData: WorkerData = { file, graph, options };
  const worker = new Worker(script, { workerData });
  const message = await firstMessage(worker);
  if (message?.kind === 'failure') throw toError(message);
  return new WorkerSession(worker);
}

/** Nothing that a thread throws or does before it is ready leaves anybody waiting. */
async function firstMessage(worker: Worker): Promise<FromWorker | undefined> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(worker, 'exit', { signal }).then(([code]) => {
    throw new EngineError('SESSION_FAILED', `The thread of the session ended with exit code ${code}.`);
  });
  try {
    const [message]: readonly FromWorker[] = await Promise.race([once(worker, 'message', { signal }), ended]);
    return message;
  } catch (cause) {
    throw new EngineError('SESSION_FAILED', 'The thread of the session did not start.', { cause });
  } finally {
    settled.abort();
  }
}

function toError({ code, message, reason }: Failure): EngineError {
  return new EngineError(code, message, { cause: reason });
}

interface Pending {
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: EngineError) => void;
}

class WorkerSession implements Session {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #stopped: EngineError | undefined;
  #disposing = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#settle(message));
    worker.on('error', (cause) =>
      this.#stop(new EngineError('SESSION_FAILED', 'The session died.', { cause })),
    );
    worker.on('exit', () => this.#stop(new EngineError('SESSION_FAILED', 'The session ended.')));
    worker.unref();
  }

  run(feeds: Feeds): Promise<Outputs> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#send({ kind: 'run', id, feeds });
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
    await exit;
  }

  #send(message: ToWorker): void {
    const buffers = message.kind === 'run' ? Object.values(message.feeds).map(({ data }) => data.buffer) : [];
    this.#worker.postMessage(
      message,
      buffers.filter((buffer) => buffer instanceof ArrayBuffer),
    );
  }

  #settle(message: FromWorker): void {
    if (message.kind === 'ready' || message.id === undefined) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    // A run may end after `dispose` was called: the process must not, before the thread has.
    if (this.#pending.size === 0 && !this.#disposing) this.#worker.unref();
    if (message.kind === 'outputs') pending?.resolve(message.outputs);
    else pending?.reject(toError(message));
  }

  #stop(reason: EngineError): void {
    this.#stopped ??= reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}
