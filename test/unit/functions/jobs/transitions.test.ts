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

it('what a state becomes is a state, and the same change of it gives the same or nothing', () => {
  fc.assert(
    fc.property(steps, (path) => {
      for (const { after, again } of walk(path)) {
        expect(jobStateSchema.parse(after)).toEqual(after);
        if (again) expect(again).toEqual(after);
      }
    }),
  );
});

it('what is over keeps its status, its end and its attempts', () => {
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
