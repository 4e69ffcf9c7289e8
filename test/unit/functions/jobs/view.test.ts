import { expect, it } from 'vitest';
import type { JobState } from '../../../../functions/app/src/jobs/job.ts';
import type { JobStore } from '../../../../functions/app/src/jobs/store.ts';
import { viewJob } from '../../../../functions/app/src/jobs/view.ts';

const CREATED = '2026-01-01T00:00:00.000Z';
const JSON_TYPE = 'application/json';

/** A store whose results are `{"a":1}`, and whose links say for how long they work. */
const store = {
  deadlineMs: 72 * 3_600_000,
  result: async () => Buffer.from('{"a":1}'),
  resultLink: async (id: string, seconds: number) => `https://bucket/${id}?seconds=${seconds}`,
} as unknown as JobStore;

const common = {
  format: 1,
  id: 'A'.repeat(22),
  model: 'sentiment',
  request: { path: '/models/sentiment', contentType: JSON_TYPE, bytes: 0, sha256: '0'.repeat(64) },
  createdAt: CREATED,
  attempts: 1,
} as const;

const done = (bytes: number, contentType = JSON_TYPE): JobState => ({
  ...common,
  status: 'done',
  startedAt: CREATED,
  finishedAt: '2026-01-01T00:00:05.000Z',
  result: { contentType, bytes, headers: { 'x-own': '1' } },
});

it('a result of JSON stands in the view of its job up to 100,000 bytes, and behind a link of an hour above', async () => {
  const about = { result_type: JSON_TYPE, result_headers: { 'x-own': '1' } };
  const inline = await viewJob(store, done(100_000));
  expect(inline).toMatchObject({
    ...about,
    result: { a: 1 },
    status: 'done',
    finished_at: '2026-01-01T00:00:05.000Z',
  });
  expect(inline).not.toHaveProperty('result_url');
  expect(inline.started_at).toBe(CREATED);
  const linked = await viewJob(store, done(100_001));
  expect(linked).toMatchObject({ ...about, result_url: `https://bucket/${common.id}?seconds=3600` });
  expect(linked).not.toHaveProperty('result');
});

it('a result that is not JSON is behind a link, however small it is', async () => {
  for (const type of ['application/octet-stream', 'text/application/json', 'application/jsonl'])
    expect(await viewJob(store, done(1, type)), type).toHaveProperty('result_url');
  expect(await viewJob(store, done(1, 'application/json; charset=utf-8'))).toHaveProperty('result');
});

it('a result that was deleted is in no view', async () => {
  const { result: _, ...forgotten } = Object(done(1));
  const gone = { ...store, result: async () => undefined } as unknown as JobStore;
  for (const view of [await viewJob(store, forgotten), await viewJob(gone, done(1))]) {
    expect(view.status).toBe('done');
    expect(Object.keys(view).filter((name) => name.startsWith('result'))).toEqual([]);
  }
});

it('a job that waits says when it will have failed, and one that is over does not', async () => {
  expect(await viewJob(store, { ...common, status: 'queued' })).toStrictEqual({
    id: common.id,
    status: 'queued',
    model: 'sentiment',
    created_at: CREATED,
    expires_at: '2026-01-04T00:00:00.000Z',
    attempts: 1,
    status_url: `/jobs/${common.id}`,
  });
  const error = { status: 500, code: 'SESSION_FAILED', message: 'It failed.' };
  const failed = await viewJob(store, { ...common, status: 'failed', finishedAt: CREATED, error });
  expect(failed).toMatchObject({
    finished_at: CREATED,
    error: { code: 'SESSION_FAILED', message: 'It failed.' },
  });
  expect(failed).not.toHaveProperty('expires_at');
  expect(failed.error).not.toHaveProperty('status');
});
