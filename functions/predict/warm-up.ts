/** Warm-ups: an invocation that makes an environment, or finds one, and keeps it busy for a while. */
import { setTimeout as pause } from 'node:timers/promises';
import { WARM_UP_SOURCE, type WarmUpReport, warmUpEventSchema } from '@pilotlight/app/internal/aws/warm-up';
import { PilotlightError } from '@pilotlight/engine';
import { explainIssue } from '@pilotlight/model-format/errors';
import type { Environment } from './environment.ts';
import type { SelfChecks } from './self-check.ts';

/** Longest hold, whatever the event says: a clock that is wrong must not keep environments busy. */
const MAX_HOLD_MS = 10_000;
/** The part of the function's time that is kept for the answer. */
const CLOSING_MS = 500;

export class WarmUpError extends PilotlightError<'INVALID_WARM_UP'> {
  override readonly name = 'WarmUpError';
}

export function isWarmUp(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'source' in event && event.source === WARM_UP_SOURCE;
}

export interface WarmUpDependencies {
  readonly environment: Environment;
  /** `name@version` */
  readonly models: () => readonly string[];
  /** Packs the weights of every model. */
  readonly pack: () => Promise<unknown>;
  readonly selfChecks: SelfChecks;
}

/** Milliseconds from `now` to answer after: at `holdUntil`, but within ten seconds and before the function's time is over. */
export function holdMs(holdUntil: number, now: number, remainingMs: number): number {
  return Math.max(0, Math.min(holdUntil - now, MAX_HOLD_MS, remainingMs - CLOSING_MS));
}

/**
 * Packs weights and runs the self-check while it holds: nobody waits for it.
 *
 * @throws WarmUpError INVALID_WARM_UP
 */
export async function answerWarmUp(
  event: unknown,
  coldStart: boolean,
  remainingMs: number,
  { environment, models, pack, selfChecks }: WarmUpDependencies,
): Promise<WarmUpReport> {
  const start = Date.now();
  const parsed = warmUpEventSchema.safeParse(event);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${explainIssue(issue)}`);
    throw new WarmUpError('INVALID_WARM_UP', `The warm-up is refused: ${reasons.join('; ')}.`);
  }
  const { holdUntil = start, goldens } = parsed.data;
  await pack();
  const checked =
    goldens === undefined
      ? { selfCheck: await selfChecks.one() }
      : { selfCheck: null, selfChecks: await selfChecks.every(goldens, remainingMs / 2) };
  const left = start + holdMs(holdUntil, start, remainingMs) - Date.now();
  if (left > 0) await pause(left);
  return {
    source: WARM_UP_SOURCE,
    coldStart,
    environment: environment.id,
    models: [...models()],
    ...checked,
  };
}
