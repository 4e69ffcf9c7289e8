import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Queues } from '../../../../infra/local/src/sqs/queues.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const queues = () =>
  new Queues({
    work: { visibilitySeconds: 30, deadLetters: { queue: 'dead', maxReceives: 2 } },
    dead: { visibilitySeconds: 30 },
  });

it('local SQS hides a message that was received until it is deleted or its time is over', async () => {
  const all = queues();
  all.queue('work').send('a');
  const [first] = await all.receive('work');
  expect(first).toMatchObject({ body: 'a', receives: 1 });
  expect(await all.receive('work')).toEqual([]);
  vi.advanceTimersByTime(30_000);
  const [second] = await all.receive('work');
  expect(second).toMatchObject({ body: 'a', receives: 2 });
  all.queue('work').delete(first?.receiptHandle ?? '');
  expect(all.queue('work').counts()).toEqual({ visible: 0, hidden: 1 });
  all.queue('work').delete(second?.receiptHandle ?? '');
  expect(all.queue('work').counts()).toEqual({ visible: 0, hidden: 0 });
});

it('local SQS buries a message that was received too often, and brings it back', async () => {
  const all = queues();
  all.queue('work').send('a');
  for (let i = 0; i < 2; i++) {
    const [message] = await all.receive('work');
    all.queue('work').changeVisibility(message?.receiptHandle ?? '', 0);
  }
  expect(await all.receive('work')).toEqual([]);
  expect(all.queue('dead').counts()).toEqual({ visible: 1, hidden: 0 });
  expect(all.redrive('dead')).toEqual({ moved: 1, left: 0 });
  expect(await all.receive('work')).toMatchObject([{ body: 'a', receives: 1 }]);
});

it('local SQS does not know where a dead letter belongs that somebody sent, unless it is told', () => {
  const all = queues();
  all.queue('dead').send('sent');
  expect(all.redrive('dead')).toEqual({ moved: 0, left: 1 });
  expect(all.sourcesOf('dead')).toEqual(['work']);
  expect(all.redrive('dead', 'work')).toEqual({ moved: 1, left: 0 });
  expect(all.queue('work').drain()).toEqual(['sent']);
});

it('local SQS waits for a message', async () => {
  const all = queues();
  const received = all.receive('work', { waitMs: 20_000 });
  await vi.advanceTimersByTimeAsync(5000);
  all.queue('work').send('late');
  await vi.advanceTimersByTimeAsync(1);
  expect(await received).toMatchObject([{ body: 'late' }]);
});

it('local SQS has no other queues', () => {
  expect(() => queues().redrive('work')).toThrow('takes the dead letters of no queue');
  expect(() => queues().queue('other')).toThrow('there are: work, dead');
});
