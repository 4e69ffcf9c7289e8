/** Decides who answers a call. */
import type { Preference } from '../http/request/preference.ts';
import type { Admission, HandOver } from './hand-over-port.ts';
import type { Resolution } from './resolve.ts';

export interface AdmissionQuestion {
  readonly resolution: Exclude<Resolution, { kind: 'missing' | 'sibling' }>;
  /** How long the client would wait, if it said so. */
  readonly preference: Preference | undefined;
  readonly handOver: HandOver | undefined;
  /** Milliseconds of inference; asked only where the admission depends on it. */
  readonly estimateMs: () => Promise<number>;
}

export async function admit(question: AdmissionQuestion): Promise<Admission> {
  const { resolution, preference, handOver, estimateMs } = question;
  if (!handOver?.models.includes(resolution.model)) return 'here';
  if (preference?.waitMs === 0 && handOver.queues) return 'queue';
  if (resolution.kind === 'remote') return 'server';
  if (handOver.maxInferMs === undefined) return 'here';
  return (await estimateMs()) > handOver.maxInferMs ? 'server' : 'here';
}
