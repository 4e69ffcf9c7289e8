import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimeBox } from '../../../../functions/batch/src/object/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function box(totalMs: number): TimeBox {
  const end = Date.now() + totalMs;
  return new TimeBox({ remainingMs: () => end - Date.now() });
}

it('has time for another part while it is more than half as long again as the slowest', () => {
  const time = box(100_000);
  vi.advanceTimersByTime(20_000);
  expect(time.suffices()).toBe(true);
  vi.advanceTimersByTime(10_000);
  expect(time.suffices()).toBe(true);
  vi.advanceTimersByTime(30_000);
  expect(time.suffices()).toBe(false);
});

it('stops ten seconds before the end what did not fit after all', () => {
  const time = box(100_000);
  vi.advanceTimersByTime(89_999);
  expect(time.signal.aborted).toBe(false);
  vi.advanceTimersByTime(2);
  expect(time.signal.aborted).toBe(true);
});

it('keeps a quarter of a short time', () => {
  const time = box(4000);
  vi.advanceTimersByTime(3001);
  expect(time.signal.aborted).toBe(true);
});
