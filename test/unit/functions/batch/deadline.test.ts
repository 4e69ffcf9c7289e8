import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimeBox } from '../../../../functions/batch/src/object/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function box(totalMs: number): TimeBox {
  const end = Date.now() + totalMs;
  return new TimeBox({ remainingMs: () => end - Date.now() });
}

it('an invocation has time for another part while one and a half times the slowest part so far is left', () => {
  const time = box(100_000);
  vi.advanceTimersByTime(20_000);
  expect(time.suffices()).toBe(true);
  vi.advanceTimersByTime(10_000);
  expect(time.suffices()).toBe(true);
  vi.advanceTimersByTime(30_000);
  expect(time.suffices()).toBe(false);
});

it('an invocation stops ten seconds before its end a part that did not fit after all', () => {
  const time = box(100_000);
  vi.advanceTimersByTime(89_999);
  expect(time.signal.aborted).toBe(false);
  vi.advanceTimersByTime(2);
  expect(time.signal.aborted).toBe(true);
});

it('an invocation with little time keeps a quarter of it in reserve', () => {
  const time = box(4000);
  vi.advanceTimersByTime(3001);
  expect(time.signal.aborted).toBe(true);
});

it('work that neither ends nor heeds the signal is left behind before the invocation ends', async () => {
  const time = box(100_000);
  const never = time.within(new Promise(() => {}));
  const outcome = vi.fn();
  never.catch(outcome);
  await vi.advanceTimersByTimeAsync(94_999);
  expect(time.signal.aborted).toBe(true);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2);
  expect(outcome).toHaveBeenCalled();
});

it('work that ends gives its result, and nothing comes after the end', async () => {
  const time = box(100_000);
  await expect(time.within(Promise.resolve(7))).resolves.toBe(7);
  await expect(time.within(Promise.reject(new TypeError('mine')))).rejects.toThrow('mine');
  time.end();
  expect(vi.getTimerCount()).toBe(0);
});
