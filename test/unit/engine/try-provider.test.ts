import { describe, expect, it } from 'vitest';
import { tryProvider } from '../../../layers/engine/src/session/try-provider.ts';

describe('the trial of an execution provider', () => {
  it('runs its graph on the CPU', async () => {
    expect(await tryProvider('cpu')).toMatchObject({ provider: 'cpu', works: true });
  });

  it.each(['cuda', 'webgpu'] as const)('gives the reason where %s does not work', async (provider) => {
    const trial = await tryProvider(provider);
    if (!trial.works) expect(trial.reason).toMatch(/\S{4}/);
    expect(trial.provider).toBe(provider);
  });

  it('ends a process that hangs', async () => {
    expect(await tryProvider('cpu', { timeLimitMs: 5 })).toMatchObject({
      works: false,
      reason: 'it gave no answer in 0.005 s',
    });
  });
});
