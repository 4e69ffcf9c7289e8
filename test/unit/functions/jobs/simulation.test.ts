import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isOver } from '../../../../functions/app/src/jobs/job.ts';
import { Random } from '../../../fixtures/random.ts';
import {
  type Behaviour,
  DEADLINE_MS,
  GRACE_MS,
  MAX_ATTEMPTS,
  Simulation,
  type Weather,
} from './simulation.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LAST_HAPPENING_MS = 300_000;
/** Long enough for every lease, retry and delivery that a job can need. */
const HOURS_MS = 6 * 3_600_000;
const STEP_MS = 60_000;
/** Longer than a lease and another run together. */
const FREEZE_MS = 300_000;
const RUNS = { numRuns: 120, seed: 6 };

const end = fc.constantFrom(200 as const, 200 as const, 422 as const, 500 as const);
const status = fc.oneof(end, fc.constant(429 as const));
const behaviour = fc.record({
  statuses: fc.tuple(fc.array(status, { maxLength: 5 }), end).map(([first, last]) => [...first, last]),
  ms: fc.constantFrom(0, 100, 5000, 50_000, 200_000),
});

/** The outcomes of a server that never has room. */
const full = fc.record({
  statuses: fc.array(status, { maxLength: 3 }).map((first) => [...first, 429 as const]),
  ms: fc.constantFrom(0, 5000),
});

type What = 'kill' | 'stop' | 'freeze' | 'again' | 'cancel';
/** An event at some moment that concerns a job, or the worker that lives longest. */
interface Happening {
  readonly at: number;
  readonly what: What;
  readonly job: number;
}
const happenings = (...what: readonly What[]) =>
  fc.array(
    fc.record({
      // Early ones meet jobs at their end.
      at: fc.oneof(fc.nat(600), fc.nat(30_000), fc.nat(LAST_HAPPENING_MS)),
      what: fc.constantFrom(...what),
      job: fc.nat(3),
    }),
    { maxLength: 12 },
  );

/** Lets all of it happen, and goes on until no message is left. */
async function live(
  weather: Weather,
  behaviours: readonly Behaviour[],
  events: readonly Happening[],
  workers: number,
) {
  const world = new Simulation(weather);
  const submitted = Promise.all(behaviours.map((one) => world.submit(one)));
  await vi.advanceTimersByTimeAsync(20_000);
  const ids = await submitted;
  for (let i = 0; i < workers; i++) world.startWorker();
  const cancelled = new Set<string>();
  const deeds = {
    kill: () => world.killWorker(),
    stop: () => world.stopWorker(),
    freeze: () => world.freezeWorker(FREEZE_MS),
    again: (id: string) => world.sendAgain(id),
    cancel: async (id: string) => {
      if ((await world.cancel(id)) === 'cancelled') cancelled.add(id);
    },
  };
  for (const { at, what, job } of events) {
    setTimeout(() => {
      void deeds[what](ids[job % ids.length] ?? '');
      if (what === 'kill' || what === 'stop') world.startWorker();
    }, at);
  }
  await vi.advanceTimersByTimeAsync(LAST_HAPPENING_MS);
  let deadLetters = 0;
  for (let ms = 0; ms < HOURS_MS && world.waiting > 0; ms += STEP_MS) {
    await vi.advanceTimersByTimeAsync(STEP_MS);
    deadLetters += world.deadLetters;
    world.redrive();
  }
  // Who was frozen wakes up, however little is left to do.
  await vi.advanceTimersByTimeAsync(FREEZE_MS);
  vi.clearAllTimers();
  return { world, ids, cancelled, deadLetters };
}

it('each job ends once, whoever dies or is frozen, whatever comes twice, whoever cancels, whatever S3 and SQS do', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 5, arbitrary: behaviour }, full), { minLength: 1, maxLength: 4 }),
      happenings('kill', 'kill', 'stop', 'freeze', 'again', 'cancel'),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      async (behaviours, events, workers, seed) => {
        const weather = { random: new Random(seed), slowestMs: 40, failures: 30 };
        const { world, ids, cancelled } = await live(weather, behaviours, events, workers);
        expect(world.waiting).toBe(0);
        for (const id of ids) {
          const states = world.history(id);
          const end = states.findIndex(isOver);
          expect(end, 'is over').toBeGreaterThan(0);
          expect(new Set(states.slice(end).map((state) => state.status)).size).toBe(1);
          expect(Math.max(...states.map(({ attempts }) => attempts))).toBeLessThanOrEqual(MAX_ATTEMPTS);
          const last = states.at(-1);
          if (cancelled.has(id)) expect(last?.status).toBe('cancelled');
          if (last?.status === 'done' && last.result) {
            const { body, writes } = world.result(id);
            expect([writes, body?.byteLength]).toEqual([1, last.result.bytes]);
          }
          if (last?.status === 'failed') {
            expect(last.error.code).toMatch(/^(INVALID_INPUT|SESSION_FAILED|WORKER_LOST|JOB_EXPIRED)$/);
            const ms = Date.parse(last.finishedAt) - Date.parse(last.createdAt);
            if (last.error.code === 'JOB_EXPIRED') expect(ms).toBeGreaterThan(DEADLINE_MS);
          }
        }
      },
    ),
    RUNS,
  );
});

it('each job runs once where nobody dies and nothing fails, and neither dead letters nor results of cancelled jobs stay', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 4 }),
      happenings('again', 'cancel', 'again'),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      // Where each request takes seconds, clients cancel in the middle of everything.
      fc.constantFrom(40, 2000),
      async (behaviours, events, workers, seed, slowestMs) => {
        const weather = { random: new Random(seed), slowestMs, failures: 0 };
        const { world, ids, deadLetters } = await live(weather, behaviours, events, workers);
        expect(deadLetters).toBe(0);
        for (const [i, id] of ids.entries()) {
          const last = world.history(id).at(-1);
          const isCancelled = last?.status === 'cancelled';
          const isKept = last?.status === 'done' && last.result !== undefined;
          expect(world.result(id).body !== undefined).toBe(isKept);
          const { statuses } = behaviours[i] ?? { statuses: [] };
          const answers = world.answered.get(`/models/model-${i}`) ?? 0;
          if (statuses[0] === 200) expect(answers).toBe(isCancelled ? Math.min(answers, 1) : 1);
          if (statuses[0] === 422 && !isCancelled) expect([last?.status, answers]).toEqual(['failed', 1]);
        }
      },
    ),
    RUNS,
  );
});

it('jobs whose processes are frozen for longer than their leases leave one result if they are done, and none otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 4 }),
      happenings('freeze', 'freeze', 'cancel', 'stop'),
      fc.integer({ min: 2, max: 3 }),
      fc.nat(),
      async (behaviours, events, workers, seed) => {
        const weather = { random: new Random(seed), slowestMs: 2000, failures: 0 };
        const { world, ids, deadLetters } = await live(weather, behaviours, events, workers);
        expect(deadLetters).toBe(0);
        for (const id of ids) {
          const last = world.history(id).at(-1);
          const isKept = last?.status === 'done' && last.result !== undefined;
          expect(world.result(id).body !== undefined).toBe(isKept);
          if (isKept) expect(world.result(id).writes).toBe(1);
        }
      },
    ),
    RUNS,
  );
});

it('a worker gives back at SIGTERM the jobs that cannot end within the grace, and this counts as no attempt', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [200], ms: 100_000 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(5000);
  expect(world.history(id).at(-1)?.status).toBe('running');
  const stopped = world.stopWorker();
  await vi.advanceTimersByTimeAsync(25_000);
  await stopped;
  expect(world.history(id).at(-1)).toMatchObject({ status: 'queued', attempts: 0 });
  world.startWorker();
  await vi.advanceTimersByTimeAsync(110_000);
  expect(world.history(id).at(-1)).toMatchObject({ status: 'done', attempts: 1 });
});

it('a worker ends within the grace where S3 and SQS are silent, and another worker does the job', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [200], ms: 5000 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(1000);
  let hasEnded = false;
  void world.stopWorker({ areSilent: true }).then(() => {
    hasEnded = true;
  });
  await vi.advanceTimersByTimeAsync(GRACE_MS);
  expect(hasEnded).toBe(true);
  expect(world.history(id).at(-1)?.status).toBe('running');
  world.startWorker();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(world.history(id).at(-1)).toMatchObject({ status: 'done', attempts: 2 });
});

it('a job that only ever meets a full server has failed at its deadline, and says what to do', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [429], ms: 10 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(DEADLINE_MS - 60_000);
  expect(world.history(id).at(-1)).toMatchObject({ status: 'queued', attempts: 0 });
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  expect(world.history(id).at(-1)).toMatchObject({
    status: 'failed',
    error: { code: 'JOB_EXPIRED', message: expect.stringMatching(/ by 20\d\d-.*Send it again/) },
  });
  expect([world.waiting, world.deadLetters]).toEqual([0, 0]);
});

it('a full server is asked less and less often, and not less than every five minutes', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [429], ms: 10 });
  await vi.advanceTimersByTimeAsync(1000);
  await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(3_600_000);
  const [asked = 0] = world.answered.values();
  expect(asked).toBeGreaterThanOrEqual(12);
  expect(asked).toBeLessThan(360);
});

it('a full server does not go through all jobs that wait, to find for each that it is full', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = Promise.all(Array.from({ length: 200 }, () => world.submit({ statuses: [429], ms: 10 })));
  await vi.advanceTimersByTimeAsync(5000);
  await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(60_000);
  const asked = [...world.answered.values()].reduce((sum, count) => sum + count, 0);
  // Four at once, twelve times a minute.
  expect(asked).toBeGreaterThan(12);
  expect(asked).toBeLessThanOrEqual(4 * 13);
});

it('a job whose message was lost has failed at its deadline, for who asks, unless somebody works on it', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const answered = world.submit({ statuses: [200], ms: 100 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await answered;
  const ask = async () => {
    const status = world.ask(id);
    await vi.advanceTimersByTimeAsync(1000);
    return status;
  };
  await vi.advanceTimersByTimeAsync(DEADLINE_MS - 60_000);
  expect(await ask()).toBe('queued');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await ask()).toBe('failed');
  world.startWorker();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([...world.answered.values(), world.waiting]).toEqual([0]);
  expect(world.history(id).at(-1)).toMatchObject({ status: 'failed', error: { code: 'JOB_EXPIRED' } });
});

it('a job that is worked on at its deadline is finished', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [200], ms: 200_000 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  await vi.advanceTimersByTimeAsync(DEADLINE_MS - 60_000);
  world.startWorker();
  await vi.advanceTimersByTimeAsync(120_000);
  const asked = world.ask(id);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await asked).toBe('running');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(world.history(id).at(-1)?.status).toBe('done');
});

it('an answer that was kept is the answer, however long after the deadline anybody asks', async () => {
  const { world, id } = await abandoned();
  await vi.advanceTimersByTimeAsync(DEADLINE_MS);
  const asked = world.ask(id);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await asked).toBe('done');
});

it('a run that was frozen until another one had done its job leaves that one’s result as it is', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [200], ms: 30_000 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(10_000);
  world.freezeWorker(FREEZE_MS);
  world.startWorker();
  await vi.advanceTimersByTimeAsync(FREEZE_MS - 1000);
  const [done, { body }] = [world.history(id).at(-1), world.result(id)];
  expect([done?.status, done?.attempts, [...world.answered.values()]]).toEqual(['done', 2, [2]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.history(id).at(-1)).toEqual(done);
  expect(world.result(id)).toEqual({ body, writes: 1 });
  expect([world.waiting, world.deadLetters]).toEqual([0, 0]);
});

async function abandoned(): Promise<{ world: Simulation; id: string; body: Buffer }> {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const body = Buffer.from('{"answer":"first"}');
  const submitted = world.submit({ statuses: [200], ms: 100 }).then(async (id) => {
    await world.abandon(id, body);
    return id;
  });
  await vi.advanceTimersByTimeAsync(2000);
  return { world, id: await submitted, body };
}

it('a run that was killed after it had kept its result has done the job: the model is not asked again', async () => {
  const { world, id, body } = await abandoned();
  world.startWorker();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.history(id).at(-1)).toMatchObject({ status: 'done', result: { bytes: body.byteLength } });
  expect(world.result(id)).toEqual({ body, writes: 1 });
  expect([...world.answered.values()]).toEqual([]);
});

it('the leftovers of a run that was killed go if the job was cancelled since', async () => {
  const { world, id, body } = await abandoned();
  const cancelled = world.cancel(id);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await cancelled).toBe('cancelled');
  void world.abandon(id, body);
  await vi.advanceTimersByTimeAsync(2000);
  expect(world.result(id).body).toEqual(body);
  world.startWorker();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.result(id).body).toBeUndefined();
  expect([world.history(id).at(-1)?.status, world.waiting]).toEqual(['cancelled', 0]);
});

it('a run that ends after its job was cancelled leaves no result', async () => {
  const world = new Simulation({ random: new Random(1), slowestMs: 10, failures: 0 });
  const submitted = world.submit({ statuses: [200], ms: 5000 });
  await vi.advanceTimersByTimeAsync(1000);
  const id = await submitted;
  world.startWorker();
  await vi.advanceTimersByTimeAsync(2000);
  expect(world.history(id).at(-1)?.status).toBe('running');
  void world.cancel(id);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...world.answered.values()]).toEqual([1]);
  expect(world.result(id)).toEqual({ body: undefined, writes: 1 });
  expect([world.history(id).at(-1)?.status, world.waiting]).toEqual(['cancelled', 0]);
});
