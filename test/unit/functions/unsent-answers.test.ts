import { EventEmitter } from 'node:events';
import type { Context } from 'hono';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UnsentAnswers } from '../../../functions/app/src/http/answer/unsent-answers.ts';

/** An answer of Node, as far as it is looked at. */
class Outgoing extends EventEmitter {
  closed = false;
  stallMs = 0;

  setTimeout(milliseconds: number): void {
    this.stallMs = milliseconds;
  }

  destroy(): void {
    this.closed = true;
    this.emit('close');
  }
}

function answer(): { outgoing: Outgoing; c: Context } {
  const outgoing = new Outgoing();
  return { outgoing, c: { env: { outgoing } } as unknown as Context };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('a client is cut that takes nothing for 20 s, or less than 100 kB a second after them', () => {
  const { outgoing, c } = answer();
  new UnsentAnswers(10_000_000).add(c, 1_000_000);
  expect(outgoing.stallMs).toBe(20_000);
  vi.advanceTimersByTime(29_999);
  expect(outgoing.closed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(outgoing.closed).toBe(true);
});

it('an answer that is sent makes room, and its client is not cut later', () => {
  const unsent = new UnsentAnswers(1_000_000);
  const sent = answer();
  unsent.add(sent.c, 900_000);
  sent.outgoing.emit('close');
  unsent.add(answer().c, 900_000);
  expect(vi.getTimerCount()).toBe(1);
});

it('an answer beyond the bytes of all is refused, until the oldest client has had its 20 s', () => {
  const unsent = new UnsentAnswers(1_000_000);
  const [oldest, second] = [answer(), answer()];
  unsent.add(oldest.c, 500_000);
  vi.advanceTimersByTime(5000);
  unsent.add(second.c, 500_000);
  vi.advanceTimersByTime(14_999);
  expect(() => unsent.add(answer().c, 400_000)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  vi.advanceTimersByTime(1);
  unsent.add(answer().c, 400_000);
  expect([oldest.outgoing.closed, second.outgoing.closed]).toEqual([true, false]);
});

it('small answers, and answers of Lambda, which has no connection, are not counted', () => {
  const unsent = new UnsentAnswers(100);
  unsent.add(answer().c, 15_999);
  unsent.add({ env: {} } as unknown as Context, 1_000_000);
  expect(() => unsent.add(answer().c, 16_000)).toThrow('have not taken their answers');
});
