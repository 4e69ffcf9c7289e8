import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { MAX_RECEIVES, type UploadWork, workOff } from '../../../../cli/src/batch/upload-worker.ts';
import { BatchError } from '../../../../functions/batch/src/errors.ts';
import { Queues } from '../../../../infra/local/src/sqs/queues.ts';

const closing = new Set<AbortController>();
afterEach(() => {
  for (const controller of closing) controller.abort();
});

function start(handle: UploadWork['handle'], times: Pick<UploadWork, 'fileMs' | 'lateMs'> = {}) {
  const queues = new Queues({
    work: { visibilitySeconds: 60, deadLetters: { queue: 'dead', maxReceives: MAX_RECEIVES } },
    dead: { visibilitySeconds: 60 },
  });
  const [told, controller] = [[] as string[], new AbortController()];
  closing.add(controller);
  const logger = {
    info: (line: string) => void told.push(line),
    warn: (line: string) => void told.push(line),
    error: (line: string) => void told.push(line),
  };
  const gaveUp = (reason: string) => void told.push(`gave up: ${reason}`);
  const work = workOff({
    queues,
    queue: 'work',
    handle,
    gaveUp,
    logger,
    closed: controller.signal,
    ...times,
  });
  return { queues, told, work, put: (body: string) => queues.queue('work').send(body) };
}

it('a file that never settles is given up after its time, and those behind it are predicted', async () => {
  const done: string[] = [];
  const { put, told } = start(
    async (body) => {
      if (body === 'stuck') await new Promise(() => {});
      done.push(body);
    },
    { fileMs: 20, lateMs: 20 },
  );
  for (const body of ['stuck', 'a', 'b']) put(body);
  await expect.poll(() => done).toEqual(['a', 'b']);
  expect(told[0]).toMatch(/^failed, and is tried again: no end after 0\.04 s of stuck/);
});

it('a file is told how much time it has', async () => {
  const left: number[] = [];
  const { put } = start(async (_, deadline) => void left.push(deadline.remainingMs()), { fileMs: 900_000 });
  put('a');
  await expect.poll(() => left).toHaveLength(1);
  expect(left[0]).toBeLessThanOrEqual(900_000);
  expect(left[0]).toBeGreaterThan(800_000);
});

it('a file that fails is tried three times and becomes a dead letter, whatever it throws', async () => {
  let tries = 0;
  const { put, told, queues } = start((body) => {
    if (body !== 'bad') return Promise.resolve();
    tries += 1;
    throw tries === 1 ? 'no error at all' : new RangeError(`try ${tries}`);
  });
  put('bad');
  await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe('gave up: try 3');
  expect(told).toEqual([
    'failed, and is tried again: no error at all',
    'failed, and is tried again: try 2',
    'gave up: try 3',
  ]);
  await expect.poll(() => queues.queue('dead').counts().visible, { timeout: 70_000 }).toBe(1);
});

it('a file that no other try would mend becomes a dead letter at once', async () => {
  const { put, told, queues } = start(() => Promise.reject(new BatchError('BROKEN_GZIP', 'cut')));
  put('bad');
  await expect.poll(() => told).toEqual(['gave up: cut']);
  expect(queues.queue('dead').drain()).toEqual(['bad']);
  expect(queues.queue('work').counts()).toEqual({ visible: 0, hidden: 0 });
});

it('no file is begun once the service ends', async () => {
  const begun: string[] = [];
  const { put, work } = start(async (body) => {
    begun.push(body);
    for (const controller of closing) controller.abort();
    await pause(10);
  });
  put('a');
  put('b');
  await work;
  expect(begun).toEqual(['a']);
});
