/** What a check finds. */
import type { Facts } from './facts.ts';

/** `unknown` where the machine did not say, or nobody was asked. */
export type Status = 'ok' | 'warning' | 'failure' | 'unknown';

export interface Finding {
  readonly status: Status;
  /** What was found, in a few words. */
  readonly found: string;
  /** What to do. @default - nothing */
  readonly advice?: string;
}

/** A check knows facts alone, so that it judges any machine. */
export interface Check {
  /** In small letters and hyphens, for programs. */
  readonly name: string;
  readonly judge: (facts: Facts) => Finding;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });
export const unknown = (found: string): Finding => ({ status: 'unknown', found });
export const warning = (found: string, advice: string): Finding => ({ status: 'warning', found, advice });
export const failure = (found: string, advice: string): Finding => ({ status: 'failure', found, advice });

/** `1.5 GB`. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
