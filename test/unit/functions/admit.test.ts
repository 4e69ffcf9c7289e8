import { describe, expect, it } from 'vitest';
import { readPreference } from '../../../functions/app/src/http/request/preference.ts';
import { admit } from '../../../functions/app/src/serve/admit.ts';
import type { Resolution } from '../../../functions/app/src/serve/resolve.ts';

type Found = Exclude<Resolution, { kind: 'missing' | 'sibling' }>;

const own: Found = {
  kind: 'local',
  model: 'own',
  work: { model: { manifest: { name: 'own' } }, tell: () => ({}) },
};
const remote: Found = { kind: 'remote', model: 'own' };

function asked({
  resolution = own,
  estimate = 0,
  waitMs,
  queues = true,
  maxInferMs = 1000 as number | 'any',
  models = ['own'],
}: {
  resolution?: Found;
  estimate?: number;
  waitMs?: number;
  queues?: boolean;
  maxInferMs?: number | 'any';
  models?: string[];
} = {}) {
  let estimates = 0;
  const handOver = {
    models,
    queues,
    ...(maxInferMs !== 'any' && { maxInferMs }),
    take: async () => ({ kind: 'refused', circuit: 'closed' }) as const,
  };
  const admission = admit({
    resolution,
    preference: waitMs === undefined ? undefined : { waitMs },
    handOver,
    estimateMs: async () => {
      estimates += 1;
      return estimate;
    },
  });
  return { admission, estimates: () => estimates };
}

describe('a call is admitted', () => {
  it('here at the limit of work, and to the server above it', async () => {
    expect(await asked({ estimate: 1000 }).admission).toBe('here');
    expect(await asked({ estimate: 1001 }).admission).toBe('server');
  });

  it('here without an estimate where the server does not have the model, or takes any work', async () => {
    for (const world of [{ models: ['other'] }, { maxInferMs: 'any' as const }]) {
      const { admission, estimates } = asked({ ...world, estimate: 1e9 });
      expect(await admission).toBe('here');
      expect(estimates()).toBe(0);
    }
  });

  it('to the server where only the server has the model', async () => {
    expect(await asked({ resolution: remote }).admission).toBe('server');
  });

  it('to the queue where its client would not wait, and before anything is estimated', async () => {
    for (const resolution of [own, remote]) {
      const { admission, estimates } = asked({ resolution, waitMs: 0 });
      expect(await admission).toBe('queue');
      expect(estimates()).toBe(0);
    }
  });

  it('as any other where its client would wait for a while, or there is no queue', async () => {
    expect(await asked({ waitMs: 1 }).admission).toBe('here');
    expect(await asked({ waitMs: 0, queues: false }).admission).toBe('here');
    expect(await asked({ waitMs: 0, queues: false, resolution: remote }).admission).toBe('server');
  });
});

describe('the preference of a client', () => {
  it.each([
    ['respond-async', 0],
    ['respond-async, wait=10', 10_000],
    ['wait="3"; respond-async', 3000],
  ])('Prefer: %s is to wait for %i ms', (prefer, waitMs) => {
    expect(readPreference(new Headers({ prefer }))).toEqual({ waitMs });
  });

  it.each(['wait=10', 'return=minimal', ''])('Prefer: %s is none', (prefer) => {
    expect(readPreference(new Headers({ prefer }))).toBeUndefined();
  });
});
