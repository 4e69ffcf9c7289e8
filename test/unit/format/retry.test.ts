import { expect, it } from 'vitest';
import { backoffMs, retry, waitAfter } from '../../../model-assets/format/src/network/retry.ts';

const FAST = { firstMs: 1, longestMs: 2, attempts: 3, isTransient: () => true };

/** Fails so many times, and counts how often it was called. */
function failing(times: number) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw new TypeError(`failure ${calls}`);
    return calls;
  };
  return { work, calls: () => calls };
}

it('retry gives what the first attempt gives that succeeds', async () => {
  await expect(retry(failing(0).work, FAST)).resolves.toBe(1);
  await expect(retry(failing(2).work, FAST)).resolves.toBe(3);
});

it('retry throws the last error once its attempts are used up', async () => {
  const { work, calls } = failing(9);
  await expect(retry(work, FAST)).rejects.toThrow('failure 3');
  expect(calls()).toBe(3);
});

it('retry makes no second attempt after an error that stays', async () => {
  const { work, calls } = failing(9);
  await expect(retry(work, { ...FAST, isTransient: () => false })).rejects.toThrow('failure 1');
  expect(calls()).toBe(1);
});

it('retry ends a wait of an hour as soon as its signal is aborted, with the reason of the signal', async () => {
  const { work, calls } = failing(9);
  const signal = AbortSignal.timeout(20);
  const hour = 3_600_000;
  // A wait of full jitter may be short by chance: so many attempts never end within the time of the signal.
  const options = { ...FAST, attempts: 1e9, firstMs: hour, longestMs: hour, signal };
  await expect(retry(work, options)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(calls()).toBeLessThan(5);
});

it('waitAfter rejects at once where the signal is aborted already', async () => {
  await expect(waitAfter(1, { firstMs: 1, longestMs: 1 }, AbortSignal.abort('over'))).rejects.toBe('over');
});

it('backoffMs doubles its bound with each failure up to the longest, and takes a random share of it', () => {
  const bounds = [1, 2, 3, 4].map((failed) => backoffMs(failed, { firstMs: 100, longestMs: 500 }, 1));
  expect(bounds).toEqual([100, 200, 400, 500]);
  expect(backoffMs(2, { firstMs: 100, longestMs: 500 }, 0.25)).toBe(50);
});

it('waitAfter ends a wait of an hour with the reason of its signal', async () => {
  const hour = { firstMs: 3_600_000, longestMs: 3_600_000 };
  await expect(waitAfter(1, hour, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' });
});
