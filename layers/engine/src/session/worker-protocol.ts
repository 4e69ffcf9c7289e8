/** What the main thread and a session's thread say to each other. */
import type { EngineErrorCode } from '../errors.ts';
import type { Graph } from '../manifest.ts';
import type { Feeds, Outputs, SessionOptions } from '../ports.ts';

export interface WorkerData {
  readonly file: string;
  readonly graph: Graph;
  readonly options: SessionOptions;
}

export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Feeds }
  | { readonly kind: 'dispose' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outputs'; readonly id: number; readonly outputs: Outputs }
  | {
      readonly kind: 'failure';
      readonly id?: number;
      readonly code: EngineErrorCode;
      readonly message: string;
    };
