import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOver, type JobState, jobStateSchema } from '../../../../functions/app/src/jobs/job.ts';
import * as transitions from '../../../../functions/app/src/jobs/transitions.ts';

const LEASE_MS = 10_000;
const RUNS = ['a', 'b'] as const;
const result = { contentType: 'application/json', bytes: 2, headers: {} };
const error = { status: 500, code: 'SESSION_FAILED', message: 'It failed.' };
const request = { path: '/models/a', contentType: '', bytes: 0, sha256: '0'.repeat(64) };

type Change = (state: JobState, now: number) => JobState | undefined;
const named = (run: string): Record<string, Change> => ({
  [`begin ${run}`]: (state, now) => transitions.begin(state, run, now, LEASE_MS),
  [`renew ${run}`]: (state, now) => transitions.renew(state, run, now, LEASE_MS),
  [`put back ${run}`]: (state) => transitions.putBack(state, run, true),
  [`return ${run}`]: (state) => transitions.putBack(state, run, false),
});
const CHANGES: Record<string, Change> = {
  ...named(RUNS[0]),
  ...named(RUNS[1]),
  finish: (state, now) => transitions.finish(state, result, now),
  fail: (state, now) => transitions.fail(state, error, now),
  expire: (state, now) => transitions.expire(state, now, 2 * LEASE_MS),
  cancel: transitions.cancel,
  forget: transitions.forgetResult,
};

const steps = fc.array(
  fc.record({ name: fc.constantFrom(...Object.keys(CHANGES)), ms: fc.constantFrom(0, 1000, 20_000) }),
  { maxLength: 30 },
);

/** The state before and after each step that changed it. */
function walk(path: readonly { readonly name: string; readonly ms: number }[]) {
  let now = 0;
  let state = transitions.queued('A'.repeat(22), 'a', request, now);
  return path.flatMap(({ name, ms }) => {
    now += ms;
    const before = state;
    const change = CHANGES[name];
    const after = change?.(before, now);
    state = after ?? before;
    return after && change ? [{ name, now, before, after, again: change(after, now) }] : [];
  });
}

it('a change makes a valid state of a valid one, and the same change again gives the same state or nothing', () => {
  fc.assert(
    fc.property(steps, (path) => {
      for (const { after, again } of walk(path)) {
        expect(jobStateSchema.parse(after)).toEqual(after);
        if (again) expect(again).toEqual(after);
      }
    }),
  );
});

it('a job that is over keeps its status, its end and its attempts', () => {
  fc.assert(
    fc.property(steps, (path) => {
      for (const { before, after, name } of walk(path).filter((step) => isOver(step.before))) {
        expect(name).toBe('forget');
        const { result: _, ...rest } = before.status === 'done' ? before : { ...before, result: undefined };
        expect(after).toEqual(rest);
      }
    }),
  );
});

it('only its own run, while it has the lease, renews a job or puts it back; others begin it once the lease has ended', () => {
  fc.assert(
    fc.property(steps, (path) => {
      for (const { before, after, name, now } of walk(path)) {
        if (before.status !== 'running') continue;
        const [, run = ''] = /^(?:renew|put back|return) (.)$/.exec(name) ?? [];
        if (run !== '') expect(before.run).toBe(run);
        if (after.status !== 'running' || after.run === before.run) continue;
        expect(Date.parse(before.leaseUntil)).toBeLessThanOrEqual(now + 1000);
        expect(after.attempts).toBe(before.attempts + 1);
      }
    }),
  );
});

it('a lease counts until a second before its end, because the clocks of two machines differ', () => {
  const queued = transitions.queued('A'.repeat(22), 'a', request, 0);
  const running = transitions.begin(queued, 'a', 0, LEASE_MS);
  if (!running) throw new TypeError('A job that is queued can be begun.');
  expect(transitions.busyMs(running, 'b', 0)).toBe(10_000);
  expect(transitions.busyMs(running, 'b', 8999)).toBe(1001);
  expect(transitions.busyMs(running, 'b', 9000)).toBe(0);
  expect(transitions.busyMs(running, 'a', 0)).toBe(0);
});

const QUEUED = transitions.queued('A'.repeat(22), 'a', request, 0);
const running = (now = 5000) => transitions.begin(QUEUED, 'a', now, LEASE_MS) ?? QUEUED;

it('a job that is begun says when, by whom, until when, and how often', () => {
  const { status: _, ...common } = QUEUED;
  expect(running()).toEqual({
    ...common,
    status: 'running',
    startedAt: '1970-01-01T00:00:05.000Z',
    attempts: 1,
    run: 'a',
    leaseUntil: '1970-01-01T00:00:15.000Z',
  });
  expect(transitions.renew(running(), 'a', 7000, LEASE_MS)).toEqual({
    ...running(),
    leaseUntil: '1970-01-01T00:00:17.000Z',
  });
});

it('a job that is finished without having been begun began as it ended', () => {
  const done = { status: 'done', finishedAt: '1970-01-01T00:00:09.000Z', result };
  expect(transitions.finish(QUEUED, result, 9000)).toMatchObject({ ...done, startedAt: done.finishedAt });
  const finished = transitions.finish(running(), result, 9000);
  expect(finished).toMatchObject({ ...done, startedAt: '1970-01-01T00:00:05.000Z' });
  expect(finished).not.toHaveProperty('leaseUntil');
  expect(transitions.forgetResult(finished ?? QUEUED)).not.toHaveProperty('result');
});

it('a job that is put back has one attempt less where that was none, and never fewer than none', () => {
  expect(transitions.putBack(running(), 'a', true)).toMatchObject({ status: 'queued', attempts: 1 });
  expect(transitions.putBack(running(), 'a', false)).toMatchObject({ status: 'queued', attempts: 0 });
  expect(transitions.putBack({ ...running(), attempts: 0 }, 'a', false)).toMatchObject({ attempts: 0 });
});

it('a job is overdue once its deadline is over, while nobody works on it and it is not over', () => {
  const at = (state: JobState, now: number) => transitions.isOverdue(state, now, 20_000);
  expect([at(QUEUED, 20_000), at(QUEUED, 20_001)]).toEqual([false, true]);
  expect([at(running(15_000), 20_001), at(running(15_000), 24_000)]).toEqual([false, true]);
  expect(at(transitions.cancel(QUEUED, 0) ?? QUEUED, 20_001)).toBe(false);
  expect(transitions.expire(QUEUED, 20_001, 20_000)).toMatchObject({
    status: 'failed',
    error: {
      status: 504,
      code: 'JOB_EXPIRED',
      message: expect.stringMatching(/^It was not done by 1970-01-01T00:00:20\.000Z: .* Send it again/),
    },
  });
});
