/**
 * One execution environment: init phase, one invocation at a time, frozen in between, ended by what would end it on
 * Lambda. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
import * as z from 'zod';
import { functionArn, LATEST } from '../function-definition.ts';
import { reportLine } from '../log-stream.ts';
import type { OnStream } from '../runtime/runtime-api.ts';
import { exitedEarly, exitMessage, exitType, type Failure, timedOut } from '../runtime/runtime-failures.ts';
import {
  type Handled,
  type Initialised,
  type InitPhases,
  type ProcessOptions,
  RuntimeProcess,
} from '../runtime/runtime-process.ts';

export interface Invocation {
  readonly requestId: string;
  readonly payload: Buffer;
  readonly qualifier?: string | undefined;
  readonly traceId: string;
  /** See `InvokeRequest`. */
  readonly onStream?: OnStream | undefined;
}

export interface Outcome {
  readonly payload: Buffer;
  /** Set where the handler threw or its environment ended; `payload` is then the error. */
  readonly functionError?: 'Unhandled' | undefined;
  readonly environment: string;
  readonly durationMs: number;
  /** Only of the first invocation of an environment. */
  readonly init?: InitPhases | undefined;
  readonly maxMemoryMegabytes: number;
  /** The last 4 KiB of the log. */
  readonly logTail: string;
}

type Late = { readonly kind: 'late' };
const LATE: Late = { kind: 'late' };

export class ExecutionEnvironment {
  readonly id: string;
  readonly #options: ProcessOptions;
  #runtime: RuntimeProcess | undefined;
  #ended = false;
  #working: Promise<void> | undefined;

  /** Nothing is started before the first invocation. */
  constructor(options: ProcessOptions) {
    this.id = options.environment;
    this.#options = options;
  }

  /** True once it can take no further invocation. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Settles when extensions have done what they do after an answer; undefined where they do nothing. */
  get working(): Promise<void> | undefined {
    return this.#working;
  }

  /** The id of its process, while there is one. */
  get pid(): number | undefined {
    return this.#runtime?.pid;
  }

  /** Handles one invocation; not to be called again before it is settled. Never rejects for what the function does. */
  async invoke(invocation: Invocation): Promise<Outcome> {
    const init = this.#runtime === undefined ? await this.#init() : undefined;
    const { log, definition } = this.#options;
    const start = performance.now();
    log.platform(`START RequestId: ${invocation.requestId} Version: ${LATEST}`);
    const handled = await this.#handle(invocation);
    const durationMs = performance.now() - start;
    const failure = this.#failureOf(handled, invocation.requestId);
    const memoryMegabytes = definition.memoryMegabytes;
    const maxMemoryMegabytes = Math.min(this.#runtime?.maxMemoryMegabytes ?? 0, memoryMegabytes);
    const { requestId } = invocation;
    log.platform(`END RequestId: ${requestId}`);
    log.platform(
      reportLine({
        requestId,
        durationMs,
        memoryMegabytes,
        maxMemoryMegabytes,
        initDurationMs: init?.totalMs,
        failure: failure?.errorType,
      }),
    );
    if (this.#ended) this.#runtime?.kill();
    else this.#freeze(definition.timeoutSeconds * 1000 - durationMs);
    return {
      payload: failure?.payload ?? ('payload' in handled ? handled.payload : Buffer.alloc(0)),
      functionError: handled.kind === 'response' ? undefined : 'Unhandled',
      environment: this.id,
      durationMs,
      init,
      maxMemoryMegabytes,
      logTail: log.tail(),
    };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#runtime?.end();
  }

  /** Extensions may work on when the answer is given, for what is left of the time of the invocation. */
  #freeze(remainingMs: number): void {
    const runtime = this.#runtime;
    const idle = runtime?.extensionsIdle;
    if (runtime === undefined || idle === undefined) {
      runtime?.freeze();
      return;
    }
    // A process that dies meanwhile is done, too.
    this.#working = within(remainingMs, Promise.race([idle, runtime.exited])).then((late) => {
      this.#working = undefined;
      if (late === LATE) {
        this.#ended = true;
        runtime.kill();
      } else if (!this.#ended) runtime.freeze();
    });
  }

  /** The failure of an invocation that ended otherwise than by an answer of the handler. */
  #failureOf(handled: Handled | Late, requestId: string): Failure | undefined {
    if ('payload' in handled) return undefined;
    this.#ended = true;
    const { log, definition } = this.#options;
    if (handled.kind === 'late') {
      const failure = timedOut(requestId, definition.timeoutSeconds);
      log.platform(
        `${new Date().toISOString()} ${requestId} Task timed out after ${definition.timeoutSeconds.toFixed(2)} seconds`,
      );
      return failure;
    }
    log.platform(`RequestId: ${requestId} Error: ${exitMessage(handled)}`);
    return exitedEarly(requestId, handled);
  }

  /** The init phase; where it fails or takes too long, the environment is left without a runtime. */
  async #init(): Promise<InitPhases | undefined> {
    const { log, definition } = this.#options;
    log.platform(`INIT_START Runtime Version: nodejs:${process.versions.node}`);
    const start = performance.now();
    const initialised = await this.#start(definition.initSeconds * 1000);
    if (initialised.kind === 'ready') return initialised.phases;
    this.#reportInit('init', performance.now() - start, initialised);
    await this.#discardRuntime();
    return undefined;
  }

  async #start(limitMs: number): Promise<Initialised | Late> {
    const runtime = await RuntimeProcess.start(this.#options);
    this.#runtime = runtime;
    const initialised = await within(limitMs, runtime.initialised);
    if (initialised.kind === 'ready') {
      void runtime.exited.then(() => {
        this.#ended = true;
      });
    }
    return initialised;
  }

  /** Lambda tries an init phase that failed once more, within the time of the invocation. */
  async #handle({ requestId, payload, qualifier, traceId, onStream }: Invocation): Promise<Handled | Late> {
    const { definition } = this.#options;
    const limitMs = definition.timeoutSeconds * 1000;
    const start = performance.now();
    const deadlineMs = Date.now() + limitMs;
    if (this.#runtime === undefined) {
      const initialised = await this.#start(limitMs);
      const elapsed = performance.now() - start;
      if (initialised.kind !== 'ready') {
        this.#reportInit('invoke', elapsed, initialised);
        this.#ended = true;
        return initialised;
      }
    } else this.#runtime.thaw();
    const functionArnInvoked = functionArn(definition.name, qualifier);
    const delivery = { requestId, payload, deadlineMs, traceId, functionArn: functionArnInvoked, onStream };
    return within(limitMs - (performance.now() - start), this.#runtime?.handle(delivery));
  }

  async #discardRuntime(): Promise<void> {
    const runtime = this.#runtime;
    this.#runtime = undefined;
    runtime?.kill();
    await runtime?.exited;
  }

  #reportInit(phase: 'init' | 'invoke', milliseconds: number, initialised: Initialised | Late): void {
    this.#options.log.platform(
      `INIT_REPORT Init Duration: ${milliseconds.toFixed(2)} ms\tPhase: ${phase}\t${describeStatus(initialised)}`,
    );
  }
}

const errorSchema = z.object({ errorType: z.string() });

function describeStatus(initialised: Initialised | Late): string {
  if (initialised.kind === 'late') return 'Status: timeout';
  const errorType =
    initialised.kind === 'error'
      ? errorSchema.safeParse(JSON.parse(initialised.payload.toString())).data?.errorType
      : initialised.kind === 'exited' && exitType(initialised);
  return `Status: error\tError Type: ${errorType || 'Runtime.Unknown'}`;
}

/** LATE where the promise takes longer, or where there is none. */
async function within<T>(milliseconds: number, promise: Promise<T> | undefined): Promise<T | Late> {
  const { promise: late, resolve } = Promise.withResolvers<Late>();
  const timer = setTimeout(() => resolve(LATE), milliseconds);
  try {
    return await Promise.race([promise ?? late, late]);
  } finally {
    clearTimeout(timer);
  }
}
