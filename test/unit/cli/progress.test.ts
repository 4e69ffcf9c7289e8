/** The bar of the command line, on a terminal. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressBar } from '../../../cli/src/kit/progress.ts';
import { timeLeft } from '../../../cli/src/kit/table.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function terminal(columns: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  /** The last line that was drawn. */
  const line = () => String(stream.read()).split('\u001b[2K').at(-1);
  return { bar: new ProgressBar(stream), line };
}

test('a transfer tells its bytes, the rate since it began, and how long the rest takes at it', () => {
  const { bar, line } = terminal(120);
  bar.transfer('fetch', 10e6, 100e6);
  expect(line()).toBe('██░░░░░░░░░░░░░░░░░░░░░░ fetch 10.0 MB of 100 MB');
  vi.advanceTimersByTime(2_000);
  // What was there before the transfer went on is no part of its rate.
  bar.transfer('fetch', 50e6, 100e6);
  expect(line()).toBe('████████████░░░░░░░░░░░░ fetch 50.0 MB of 100 MB  20.0 MB/s  3 s left');
});

test('a line is never wider than the terminal', () => {
  const { bar, line } = terminal(40);
  bar.show(0.5, 'a text that is too long for the terminal');
  expect(line()).toHaveLength(39);
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
])('%d seconds are told as %s', (seconds, words) => {
  expect(timeLeft(seconds)).toBe(words);
});
