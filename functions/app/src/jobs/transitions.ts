/**
 * The transitions of a job. Each takes the present state and gives the one that is to replace it, or nothing
 * where nothing is to be written. Each can be repeated: applied to its own outcome it gives nothing.
 */
import { isOver, type JobError, type JobRequest, type JobResult, type JobState } from './job.ts';

type Change = JobState | undefined;
/** Everything about a request but its body, and the hash of all of it. */
export type RequestDigest = Omit<JobRequest, 'body'> & {
  readonly bytes: number;
  readonly sha256: string;
};

/** Clocks of two machines may differ by so much. */
const CLOCK_SKEW_MS = 1000;

const iso = (ms: number): string => new Date(ms).toISOString();

export function queued(id: string, model: string, request: RequestDigest, now: number): JobState {
  return { format: 1, id, status: 'queued', model, request, createdAt: iso(now), attempts: 0 };
}

/** The milliseconds for which somebody else than `run` still works on it; 0 where nobody does. */
export function busyMs(state: JobState, run: string, now: number): number {
  if (state.status !== 'running' || state.run === run) return 0;
  const left = Date.parse(state.leaseUntil) - now;
  return left > CLOCK_SKEW_MS ? left : 0;
}

/** Begins a job that waits, or whose last run has lost its lease. */
export function begin(state: JobState, run: string, now: number, leaseMs: number): Change {
  if (isOver(state) || busyMs(state, run, now) > 0) return undefined;
  if (state.status === 'running' && state.run === run) return undefined;
  const { status: _, ...common } = withoutRun(state);
  const attempts = state.attempts + 1;
  return {
    ...common,
    status: 'running',
    startedAt: iso(now),
    attempts,
    run,
    leaseUntil: iso(now + leaseMs),
  };
}

/** Gives nothing if the job is no longer this run's. */
export function renew(state: JobState, run: string, now: number, leaseMs: number): Change {
  if (state.status !== 'running' || state.run !== run) return undefined;
  return { ...state, leaseUntil: iso(now + leaseMs) };
}

/** Finishes the job, whichever run it was, because the kept result is the first one. */
export function finish(state: JobState, result: JobResult, now: number): Change {
  if (isOver(state)) return undefined;
  const { startedAt = iso(now), ...rest } = withoutRun(state);
  return { ...rest, startedAt, status: 'done', finishedAt: iso(now), result };
}

export function fail(state: JobState, error: JobError, now: number): Change {
  if (isOver(state)) return undefined;
  return { ...withoutRun(state), status: 'failed', finishedAt: iso(now), error };
}

/** Whether its time is over while nobody works on it. */
export function isOverdue(state: JobState, now: number, deadlineMs: number): boolean {
  return !isOver(state) && busyMs(state, '', now) === 0 && now - Date.parse(state.createdAt) > deadlineMs;
}

export function expire(state: JobState, now: number, deadlineMs: number): Change {
  if (!isOverdue(state, now, deadlineMs)) return undefined;
  const message = `It was not done by ${findDeadline(state, deadlineMs)}: no server had room for it, or each attempt failed. Send it again when there is less to do, with another Idempotency-Key where it had one.`;
  return fail(state, { status: 504, code: 'JOB_EXPIRED', message }, now);
}

export function findDeadline({ createdAt }: JobState, deadlineMs: number): string {
  return iso(Date.parse(createdAt) + deadlineMs);
}

/** Puts the job back for another delivery. `counts`: whether this was an attempt. Nothing where it is no longer this run's. */
export function putBack(state: JobState, run: string, counts: boolean): Change {
  if (state.status !== 'running' || state.run !== run) return undefined;
  const attempts = counts ? state.attempts : Math.max(0, state.attempts - 1);
  return { ...withoutRun(state), attempts };
}

export function cancel(state: JobState, now: number): Change {
  if (isOver(state)) return undefined;
  return { ...withoutRun(state), status: 'cancelled', finishedAt: iso(now) };
}

/** Removes the result of a job that is done. */
export function forgetResult(state: JobState): Change {
  if (state.status !== 'done' || state.result === undefined) return undefined;
  const { result: _, ...rest } = state;
  return rest;
}

/** The state that the job would have if no process worked on it. */
function withoutRun(
  state: Exclude<JobState, { readonly finishedAt: string }>,
): JobState & { status: 'queued' } {
  if (state.status === 'queued') return state;
  const { run: _, leaseUntil: __, ...rest } = state;
  return { ...rest, status: 'queued' };
}
