import { expect, it } from 'vitest';
import { readServerConfig } from '../../../../functions/app/src/settings/server.ts';
import { batchingOn } from '../../../../functions/server/batching.ts';

const settings = (environment: Readonly<Record<string, string>> = {}) => readServerConfig(environment).server;

it('leaves the size of a batch on a CPU to what each model was tuned to, and gives short texts a session', () => {
  const { queueLimits, shortLaneTokens } = batchingOn('cpu', settings());
  expect(queueLimits).not.toHaveProperty('maxBatchTokens');
  expect(queueLimits).toMatchObject({ maxBatchRequests: 64, maxQueueMs: 30_000, maxPadding: 0.2 });
  expect(queueLimits).toHaveProperty('mixBackground', false);
  expect(shortLaneTokens).toBe(32);
});

it('fills a GPU, where nothing has a session of its own', () => {
  const { queueLimits, shortLaneTokens } = batchingOn('cuda', settings());
  expect(queueLimits).toEqual({ maxBatchTokens: 16_384, maxBatchRequests: 64, maxQueueMs: 30_000 });
  expect(shortLaneTokens).toBe(0);
});

it('does what the settings say on either', () => {
  const asked = settings({
    PILOTLIGHT_MAX_BATCH_TOKENS: '100',
    PILOTLIGHT_MAX_BATCH_REQUESTS: '2',
    PILOTLIGHT_SHORT_LANE_TOKENS: '0',
  });
  for (const provider of ['cpu', 'webgpu'] as const) {
    const { queueLimits, shortLaneTokens } = batchingOn(provider, asked);
    expect(queueLimits).toMatchObject({ maxBatchTokens: 100, maxBatchRequests: 2 });
    expect(shortLaneTokens).toBe(0);
  }
});
