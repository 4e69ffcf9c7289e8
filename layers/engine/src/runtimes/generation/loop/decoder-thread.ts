/** A decoder in a thread of its own, so that the caller's is free while it runs. */
import type { Worker } from 'node:worker_threads';
import { EngineError } from '@pilotlight/model-format/errors';
import { siblingModule } from '../../../session/sibling-module.ts';
import { startThread } from '../../../session/start-thread.ts';
import { toError } from '../../../session/worker-protocol.ts';
import type { TokenTable } from '../text/token-table.ts';
import type { DecoderPlan } from './decoder-plan.ts';
import type { Decoder, DecoderLoad, RunningRequest, TokenEvent, TokenRequest } from './decoder-port.ts';
import {
  type DecoderThreadData,
  type FromDecoder,
  newSigns,
  readLoad,
  runsOf,
  type SignsOfLife,
  type ToDecoder,
} from './decoder-protocol.ts';
import { refuseRequest } from './refuse-request.ts';

/** How long a run of a graph may take: many times as long as any does. */
const RUN_LIMIT_MS = 300_000;

interface ThreadOptions {
  /** @default - the module beside this one */
  readonly script?: URL;
  readonly runLimitMs?: number;
}

/** @throws EngineError as `createDecoder` */
export async function startDecoderThread(
  plan: DecoderPlan,
  {
    script = siblingModule('decoder-worker', import.meta.url),
    runLimitMs = RUN_LIMIT_MS,
  }: ThreadOptions = {},
): Promise<Decoder> {
  const signs = newSigns();
  const data: Omit<DecoderThreadData, 'busy'> = { plan, signs };
  return new DecoderThread(await startThread(script, data), plan, signs, runLimitMs);
}

class DecoderThread implements Decoder {
  readonly #worker: Worker;
  readonly #plan: DecoderPlan;
  readonly #signs: SignsOfLife;
  readonly #listeners = new Map<number, (event: TokenEvent) => void>();
  #table: TokenTable | undefined;
  #lastId = 0;
  #stopped: EngineError | undefined;
  #disposed: Promise<void> | undefined;
  readonly #watch: NodeJS.Timeout;

  constructor(worker: Worker, plan: DecoderPlan, signs: SignsOfLife, runLimitMs: number) {
    this.#worker = worker;
    this.#plan = plan;
    this.#signs = signs;
    worker.on('message', (message: FromDecoder) => this.#tell(message));
    worker.on('error', (cause) =>
      this.#stop(new EngineError('SESSION_FAILED', 'The thread that generates died.', { cause })),
    );
    worker.on('exit', () =>
      this.#stop(new EngineError('SESSION_FAILED', 'The thread that generates ended.')),
    );
    worker.unref();
    this.#watch = this.#watchRuns(runLimitMs);
  }

  start(request: TokenRequest, listen: (event: TokenEvent) => void): RunningRequest {
    refuseRequest(request, this, this.#plan.settings, this.#plan.facts);
    this.#lastId += 1;
    const id = this.#lastId;
    this.#listeners.set(id, listen);
    this.#worker.ref();
    this.#send({ kind: 'start', id, request });
    return { cancel: () => this.#send({ kind: 'cancel', id }) };
  }

  share(table: TokenTable): void {
    if (this.#table === table) return;
    this.#table = table;
    this.#send({ kind: 'share', table });
  }

  get load(): DecoderLoad {
    const { running, cacheBytes } = readLoad(this.#signs);
    const started = this.#listeners.size;
    const known = Math.min(running, started);
    return { running: known, waiting: started - known, slots: this.#plan.settings.slots, cacheBytes };
  }

  get ended(): boolean {
    return this.#stopped !== undefined || this.#disposed !== undefined;
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    if (this.#stopped) return;
    const exit = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.ref();
    this.#send({ kind: 'dispose' });
    await exit;
  }

  #send(message: ToDecoder): void {
    this.#worker.postMessage(message);
  }

  #tell(message: FromDecoder): void {
    if (message.kind === 'ready' || message.id === undefined) return;
    const listen = this.#listeners.get(message.id);
    const isLast = message.kind === 'failure' || message.event.kind === 'end';
    if (isLast) this.#listeners.delete(message.id);
    if (this.#listeners.size === 0 && !this.#disposed) this.#worker.unref();
    listen?.(message.kind === 'failure' ? { kind: 'failure', error: toError(message) } : message.event);
  }

  /** Native code that does not come back cannot be stopped; whoever waits for it is told. */
  #watchRuns(limitMs: number): NodeJS.Timeout {
    let before = -1;
    return setInterval(() => {
      const runs = runsOf(this.#signs);
      if (this.#listeners.size > 0 && runs === before) {
        this.#stop(
          new EngineError(
            'SESSION_FAILED',
            `A run of the model did not end within ${limitMs / 1000} s, and was given up.`,
          ),
        );
        this.#worker.unref();
        void this.#worker.terminate();
      }
      before = this.#listeners.size > 0 ? runs : -1;
    }, limitMs).unref();
  }

  #stop(reason: EngineError): void {
    clearInterval(this.#watch);
    this.#stopped ??= reason;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listen of listeners) listen({ kind: 'failure', error: this.#stopped });
  }
}
