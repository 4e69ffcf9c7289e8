/** The messages between the main thread and a session's thread. */

import { EngineError, type EngineErrorCode, type ErrorDetails } from '@pilotlight/model-format/errors';
import type { Feeds, GraphNames, Outputs, PooledRows, SessionOptions } from '../ports.ts';
import type { BusyFlag } from './busy-threads.ts';

export interface WorkerData {
  readonly file: string;
  readonly graph: GraphNames;
  readonly options: SessionOptions;
  readonly busy: BusyFlag;
}

export type ToWorker =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly feeds: Feeds;
      /** @default - all of them */
      readonly outputs?: readonly string[] | undefined;
      /** @default - the outputs are wanted whole */
      readonly pooled?: PooledRows | undefined;
    }
  | { readonly kind: 'dispose' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outputs'; readonly id: number; readonly outputs: Outputs }
  | Failure;

/** An error on its way between threads; `reason` is the cause, for operators. */
export interface Failure {
  readonly kind: 'failure';
  /** The run that failed, or the opening where there is none. */
  readonly id: number | undefined;
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly reason: string;
}

export function toFailure(error: unknown, id?: number): Failure {
  const failure =
    error instanceof EngineError
      ? error
      : new EngineError('SESSION_FAILED', 'The session failed.', { cause: error });
  const { code, message, details, cause = 'none' } = failure;
  return { kind: 'failure', id, code, message, details, reason: String(cause) };
}

export function toError({ code, message, details, reason }: Failure): EngineError {
  return new EngineError(code, message, { details, cause: reason });
}

/** The memory of tensors that can be handed over to the other thread: what threads share is there already. */
export function listTransferred(tensors: Feeds | Outputs): ArrayBuffer[] {
  const buffers = Object.values(tensors).map(({ data }) => data.buffer);
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer);
}
