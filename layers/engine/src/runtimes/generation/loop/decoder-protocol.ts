/** The messages between a decoder's thread and the one that asks it. */
import type { BusyFlag } from '../../../session/busy-threads.ts';
import type { Failure } from '../../../session/worker-protocol.ts';
import type { TokenTable } from '../text/token-table.ts';
import type { DecoderPlan } from './decoder-plan.ts';
import type { DecoderLoad, TokenEvent, TokenRequest } from './decoder-port.ts';

export interface DecoderThreadData {
  readonly plan: DecoderPlan;
  readonly busy: BusyFlag;
  readonly signs: SignsOfLife;
}

export type ToDecoder =
  | { readonly kind: 'start'; readonly id: number; readonly request: TokenRequest }
  | { readonly kind: 'share'; readonly table: TokenTable }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'dispose' };

export type FromDecoder =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly id: number; readonly event: Exclude<TokenEvent, { kind: 'failure' }> }
  | Failure;

/** Numbers that the thread writes and the other one reads: runs that have ended, requests that have a slot, bytes of caches. */
export type SignsOfLife = Float64Array<SharedArrayBuffer>;

const [RUNS, RUNNING, BYTES] = [0, 1, 2];

export function newSigns(): SignsOfLife {
  return new Float64Array(new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT));
}

export function countRun(signs: SignsOfLife): void {
  signs[RUNS] = runsOf(signs) + 1;
}

export function runsOf(signs: SignsOfLife): number {
  return signs[RUNS] ?? 0;
}

export function writeLoad(signs: SignsOfLife, { running, cacheBytes }: DecoderLoad): void {
  signs[RUNNING] = running;
  signs[BYTES] = cacheBytes;
}

export function readLoad(signs: SignsOfLife): Pick<DecoderLoad, 'running' | 'cacheBytes'> {
  return { running: signs[RUNNING] ?? 0, cacheBytes: signs[BYTES] ?? 0 };
}
