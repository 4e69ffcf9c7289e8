import { EngineError } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { BatchError } from '../../../../functions/batch/src/errors.ts';
import {
  type MessageQueues,
  retrySeconds,
  settleFailed,
} from '../../../../functions/batch/src/failed-message.ts';

const MESSAGE = {
  messageId: 'one',
  body: '{"key":"in/m/the name of a person.jsonl"}',
  receiptHandle: 'receipt',
  attributes: { ApproximateReceiveCount: '2' },
};

/** Settles a message that failed with `error`, and tells what was done, and what was logged. */
async function settle(error: unknown, { message = MESSAGE, refuses = false, knowsDeadLetters = true } = {}) {
  const done: string[] = [];
  const logged: [string, unknown][] = [];
  const act = (what: string) => {
    if (refuses) throw new TypeError('SQS does not answer.');
    done.push(what);
  };
  const queues: MessageQueues = {
    queue: { hide: async ({ receipt }, seconds) => act(`hide ${receipt} for ${seconds}`) },
    ...(knowsDeadLetters && { deadLetters: { sendText: async (body) => act(`bury ${body}`) } }),
  };
  const log = (line: string, fields: unknown) => void logged.push([line, fields]);
  const isSettled = await settleFailed(message, error, queues, { info: log, warn: log, error: log });
  return { isSettled, done, logged };
}

it('a message is hidden for ten seconds after its first try, longer after each, and never for more than a quarter of an hour', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 15, 1000].map(retrySeconds)).toEqual([
    10, 40, 90, 160, 250, 360, 420, 900, 900,
  ]);
});

describe('a message', () => {
  it.each([
    ['S3 did not answer', new TypeError('503')],
    ['the file took too long', new BatchError('OUT_OF_TIME', 'late')],
    ['the file cannot be read at the moment', new BatchError('OBJECT_UNREADABLE', 'gone')],
    ['others write to its results', new BatchError('OUTPUT_TAKEN', 'taken')],
    ['a package did not arrive whole', new EngineError('PACKAGE_CORRUPT', 'cut')],
    ['a session failed', new EngineError('SESSION_FAILED', 'memory')],
  ])('comes again soon where %s', async (_, error) => {
    expect(await settle(error)).toMatchObject({ isSettled: false, done: ['hide receipt for 40'] });
  });

  it.each([
    ['is no file', new BatchError('EVENT_NOT_UNDERSTOOD', 'what')],
    ['is damaged', new BatchError('BROKEN_GZIP', 'cut')],
    ['has no readable row', new BatchError('NO_READABLE_ROW', 'none')],
    ['names a model that there is not', new EngineError('MODEL_NOT_FOUND', 'no')],
    ['has parameters that the task does not take', new EngineError('INVALID_PARAMETER', 'topk')],
  ])('becomes a dead letter at once where it %s', async (_, error) => {
    expect(await settle(error)).toMatchObject({ isSettled: true, done: [`bury ${MESSAGE.body}`] });
  });

  it('is tried like any other where no dead-letter queue is known, or where that does not take it', async () => {
    const error = new BatchError('BROKEN_GZIP', 'cut');
    expect(await settle(error, { knowsDeadLetters: false })).toMatchObject({
      isSettled: false,
      done: ['hide receipt for 40'],
    });
    expect(await settle(error, { refuses: true })).toMatchObject({ isSettled: false, done: [] });
  });

  it('comes again when its time is over where nobody can hide it', async () => {
    const { receiptHandle, ...message } = MESSAGE;
    expect(await settle(new TypeError('503'), { message: message as typeof MESSAGE })).toMatchObject({
      isSettled: false,
      done: [],
    });
    expect(await settle(new TypeError('503'), { refuses: true })).toMatchObject({ isSettled: false });
  });

  it('that failed is in the log by its id and the code of its fault, without its body and what the fault quotes', async () => {
    for (const code of ['BROKEN_GZIP', 'OUTPUT_TAKEN'] as const) {
      const { logged } = await settle(new BatchError(code, 'in/m/the name of a person.jsonl is cut.'));
      expect(logged).toEqual([[expect.any(String), { messageId: 'one', tries: 2, code }]]);
    }
    const error = new TypeError('A bug.');
    expect((await settle(error)).logged).toEqual([
      ['A message failed', { messageId: 'one', tries: 2, error }],
    ]);
  });
});
