import { expect, it } from 'vitest';
import { readServerConfig } from '../../../../functions/app/src/settings/server.ts';
import { batchingOn } from '../../../../functions/server/batching.ts';

const settings = (environment: Readonly<Record<string, string>> = {}) => readServerConfig(environment).server;

it('the server on a CPU leaves the size of a batch to what each model was tuned to, gives short texts a session, and runs two batches at once', () => {
  const { queueLimits, shortLaneTokens, parallelSessions } = batchingOn('cpu', settings());
  expect(queueLimits).not.toHaveProperty('maxBatchTokens');
  expect(queueLimits).toMatchObject({ maxBatchRequests: 64, maxQueueMs: 30_000, maxPadding: 0.2 });
  expect(queueLimits).toHaveProperty('mixBackground', false);
  expect([shortLaneTokens, parallelSessions]).toEqual([32, 2]);
});

it('the server fills a GPU with large batches, and gives no texts a session of their own there', () => {
  const { queueLimits, shortLaneTokens, parallelSessions } = batchingOn('cuda', settings());
  expect(queueLimits).toEqual({ maxBatchTokens: 16_384, maxBatchRequests: 64, maxQueueMs: 30_000 });
  expect([shortLaneTokens, parallelSessions]).toEqual([0, 0]);
});

it('the server batches by its settings, where they are set, on CPU and GPU', () => {
  const asked = settings({
    PILOTLIGHT_MAX_BATCH_TOKENS: '100',
    PILOTLIGHT_MAX_BATCH_REQUESTS: '2',
    PILOTLIGHT_SHORT_LANE_TOKENS: '0',
    PILOTLIGHT_PARALLEL_SESSIONS: '0',
  });
  for (const provider of ['cpu', 'webgpu'] as const) {
    const { queueLimits, shortLaneTokens, parallelSessions } = batchingOn(provider, asked);
    expect(queueLimits).toMatchObject({ maxBatchTokens: 100, maxBatchRequests: 2 });
    expect([shortLaneTokens, parallelSessions]).toEqual([0, 0]);
  }
});
