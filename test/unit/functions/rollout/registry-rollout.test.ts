/** Calls by aliases, canaries and shadows, of a registry that is a record in memory. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '@pilotlight/engine';
import {
  emptyRecord,
  type RegistryRecord,
  recordAction,
  recordText,
} from '@pilotlight/model-format/registry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  RegistryRollout,
  type RegistryRolloutOptions,
} from '../../../../functions/app/src/serve/rollout/registry-rollout.ts';
import { isWithin } from '../../../../functions/app/src/serve/rollout/share.ts';
import type { RolloutListener, RolloutRecord } from '../../../../functions/app/src/serve/rollout-port.ts';
import { manifestOf, predictorOf } from '../../engine/fakes.ts';
import { fakeApp, fakeEngine, postJson, silent } from '../fake-engine.ts';

const sumOf = (version: string) => version.replaceAll('.', '').padStart(64, 'a');

let folder: string;
let record: RegistryRecord;
let reads: number;
let loads: string[];
let unloaded: string[];
let calls: string[];
let queued: number;
let answers: Record<string, unknown>;
let rollouts: RegistryRollout[];

function act(did: Parameters<typeof recordAction>[1]['did']): void {
  record = recordAction(record, { at: '2026-12-01T00:00:00Z', who: 'a test', did });
}
function promote(version: string, alias = 'prod', share?: number): void {
  const did = { alias, version, manifestSha256: sumOf(version), ...(share !== undefined && { share }) };
  act({ action: 'promote', ...did, gates: [] });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-rollout-'));
  record = emptyRecord('sentiment');
  for (const version of ['1.0.0', '1.1.0']) {
    act({ action: 'push', version, manifestSha256: sumOf(version), bytes: 1 });
  }
  promote('1.0.0');
  reads = 0;
  loads = [];
  unloaded = [];
  calls = [];
  queued = 0;
  answers = {};
  rollouts = [];
});
afterEach(() => {
  for (const rollout of rollouts) rollout.close();
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

const versionOf = (ref: unknown) => String(Object(ref).version);

/** An app whose answers name the version that gave them. */
function start(changes: Partial<RegistryRolloutOptions> = {}, listeners?: readonly RolloutListener[]) {
  const accepted = new Map<string, Readonly<Record<string, { readonly version: string }>>>();
  const loaded = new Set<string>();
  const store = {
    offer: () => {},
    withdraw: () => {},
    accept: (name: string, aliases: Readonly<Record<string, { readonly version: string }>>) =>
      accepted.set(name, aliases),
    resolveServed: async ({ name, version }: { readonly name: string; readonly version?: string }) => {
      const isMeant = Object.values(accepted.get(name) ?? {}).some((alias) => alias.version === version);
      if (version !== undefined && isMeant) return { name, version };
      throw new EngineError('MODEL_NOT_FOUND', `There is no ${name} ${version}.`);
    },
    records: {
      read: async () => {
        reads += 1;
        return { text: recordText(record), etag: undefined };
      },
    },
  };
  const model = async (ref: unknown) => {
    const version = versionOf(ref);
    loads.push(version);
    loaded.add(version);
    const manifest = manifestOf({ name: 'sentiment', version });
    return { manifest, checkGolden: async () => ({ line: 2, drift: 0.5 }) };
  };
  const engine = {
    ...fakeEngine(),
    model,
    loaded: () =>
      [...loaded].map((version) => ({ manifest: manifestOf({ name: 'sentiment', version }), queued })),
    unload: async (ref: unknown) => {
      loaded.delete(versionOf(ref));
      unloaded.push(versionOf(ref));
    },
    predictor: async (ref: unknown) =>
      predictorOf({ manifest: manifestOf({ name: 'sentiment', version: versionOf(ref) }) }),
    prepare: async (ref: unknown) => ({
      tokens: 1,
      estimatedMs: 0,
      run: async () => {
        const version = versionOf(ref);
        calls.push(version);
        return {
          results: [answers[version] ?? [{ label: 'good', score: 1 }]],
          timings: { tokenizeMs: 0, queueMs: 0, inferMs: 0, postprocessMs: 0 },
          tokens: { total: 1, padded: 0, truncated: 0 },
          truncated: [0],
          model: { name: 'sentiment', version, variant: 'int8' },
        };
      },
    }),
  };
  const rollout = new RegistryRollout({
    engine: engine as never,
    store: store as never,
    models: ['sentiment'],
    folder,
    rules: [],
    pollMs: 60_000,
    polls: 'by requests',
    goldensMs: 1000,
    logger: silent,
    ...changes,
  });
  rollouts.push(rollout);
  const told: RolloutRecord[] = [];
  rollout.listen(listeners ?? [{ rolledOut: (one) => told.push(one) }, {}]);
  const app = fakeApp({ engine: engine as never, rollout });
  const ask = async (model = 'sentiment', headers: Record<string, string> = {}) => {
    const { headers: json, ...init } = postJson({ inputs: 'a' });
    const response = await app.request(`/models/${model}`, { ...init, headers: { ...json, ...headers } });
    const { code }: { readonly code?: string } = Object(await response.json());
    return response.headers.get('x-pilotlight-version') ?? code;
  };
  return { rollout, app, ask, told, accepted };
}

it('a model means the version of its prod, and no version before the registry was read', async () => {
  const { rollout, ask } = start();
  expect(rollout.follows('sentiment')).toBe(true);
  expect(rollout.follows('intent')).toBe(false);
  const started = rollout.start();
  expect(rollout.states()).toEqual(new Map([['sentiment', 'loading']]));
  await started;
  expect(rollout.states()).toEqual(new Map([['sentiment', 'ready']]));
  expect(await ask()).toBe('1.0.0');
});

it('a model of which the registry has no prod has failed, and is refused until it has one', async () => {
  record = emptyRecord('sentiment');
  const { rollout, ask } = start();
  await rollout.start();
  expect(rollout.states()).toEqual(new Map([['sentiment', 'failed']]));
  expect(await ask()).toBe('PACKAGE_UNAVAILABLE');
  expect(await ask('sentiment@9.0.0')).toBe('MODEL_NOT_FOUND');
});

describe('a call', () => {
  it('gets the version of the alias or the number that it names', async () => {
    promote('1.1.0', 'canary', 0);
    const { rollout, ask } = start();
    await rollout.start();
    await rollout.settle(Date.now() + 1000);
    expect(await ask('sentiment@canary')).toBe('1.1.0');
    expect(await ask('sentiment@1.1.0')).toBe('1.1.0');
    expect(await ask('sentiment@1.2.0')).toBe('MODEL_NOT_FOUND');
    expect(await ask('sentiment@shadow')).toBe('MODEL_NOT_FOUND');
  });

  it('without a version gets the canary if its key is within the share, and always the same', async () => {
    promote('1.1.0', 'canary', 0.5);
    const { rollout, ask } = start();
    await rollout.start();
    await rollout.settle(Date.now() + 1000);
    for (const tenant of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const expected = isWithin(0.5, 'sentiment@1.1.0', tenant) ? '1.1.0' : '1.0.0';
      for (let turn = 0; turn < 2; turn++) {
        expect(await ask('sentiment', { 'x-pilotlight-sticky': tenant }), tenant).toBe(expected);
      }
    }
  });

  it('keeps the version that it began with until it has ended, whatever is promoted meanwhile', async () => {
    const { rollout } = start({ pollMs: 0 });
    await rollout.start();
    const call = { c: { req: { header: () => undefined } }, id: '1', caller: undefined, background: false };
    const rolled = rollout.begin({ ...call, body: () => ({}), repeat: async () => [] } as never);
    expect((await rolled.engine.model('sentiment')).manifest.version).toBe('1.0.0');
    await rollout.settle(Date.now() + 1000);
    promote('1.1.0');
    await rollout.settle(Date.now() + 1000);
    expect(await rollout.meaning({ name: 'sentiment' })).toMatchObject({ version: '1.1.0' });
    expect((await rolled.engine.model('sentiment')).manifest.version).toBe('1.0.0');
    expect(unloaded).toEqual([]);
    rolled.end();
    await expect.poll(() => unloaded).toEqual(['1.0.0']);
  });
});

describe('a shadow', () => {
  const startWithShadow = async (share: number, changes: Partial<RegistryRolloutOptions> = {}) => {
    promote('1.1.0', 'shadow', share);
    const started = start(changes);
    await started.rollout.start();
    await started.rollout.settle(Date.now() + 1000);
    const shadows = () =>
      started.told.flatMap((one) => (one.kind === 'shadow' ? [`${one.version} ${one.outcome}`] : []));
    return { ...started, shadows };
  };

  it('reads what prod has answered, and tells whether it decides the same', async () => {
    const { ask, shadows } = await startWithShadow(1);
    expect(await ask()).toBe('1.0.0');
    await expect.poll(shadows).toEqual(['1.1.0 same']);
    answers['1.1.0'] = [{ label: 'bad', score: 1 }];
    await ask();
    await expect.poll(shadows).toEqual(['1.1.0 same', '1.1.0 differing']);
    expect(calls).toEqual(['1.0.0', '1.1.0', '1.0.0', '1.1.0']);
  });

  it('reads nothing of a share of none, of calls that named a version, or while four inputs wait', async () => {
    const none = await startWithShadow(0);
    await none.ask();
    const { ask, shadows } = await startWithShadow(1);
    await ask('sentiment@shadow');
    await ask('sentiment@prod');
    expect(calls).toEqual(['1.0.0', '1.1.0', '1.0.0']);
    queued = 2;
    await ask();
    await expect.poll(shadows).toEqual(['1.1.0 dropped']);
  });

  it('waits until the answer has left where the process is frozen after it', async () => {
    const { rollout, ask, shadows } = await startWithShadow(1, { polls: 'after answers' });
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(shadows()).toEqual([]);
    await rollout.settle(Date.now() + 1000);
    expect(shadows()).toEqual(['1.1.0 same']);
  });
});

it('a process that is frozen after answers loads the versions of other aliases then, and not as it starts', async () => {
  promote('1.1.0', 'canary', 0.5);
  const { rollout } = start({ polls: 'after answers' });
  await rollout.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(loads).toEqual(['1.0.0']);
  await rollout.settle(Date.now() + 10_000);
  expect(loads).toEqual(['1.0.0', '1.1.0']);
});

describe('the registry is asked again', () => {
  it('while requests come, once the time between two polls is over', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { rollout, ask } = start();
    await rollout.start();
    promote('1.1.0');
    vi.advanceTimersByTime(59_999);
    expect(await ask()).toBe('1.0.0');
    await rollout.settle(Date.now() + 10_000);
    expect(reads).toBe(1);
    vi.advanceTimersByTime(1);
    await ask();
    expect(reads).toBeGreaterThan(1);
    await rollout.settle(Date.now() + 10_000);
    expect(await ask()).toBe('1.1.0');
  });

  it('by a timer where the process runs on, until it is closed', async () => {
    const { rollout } = start({ pollMs: 10, polls: 'by timer' });
    await rollout.start();
    await expect.poll(() => reads).toBeGreaterThan(2);
    rollout.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = reads;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads).toBe(before);
  });

  it('before a file, whose version is loaded when it is asked for, and no other alias before', async () => {
    promote('1.1.0', 'canary', 0.5);
    const { rollout } = start({ pollMs: 0, polls: 'before files' });
    await rollout.start();
    expect(await rollout.meaning({ name: 'sentiment' })).toMatchObject({ version: '1.0.0' });
    promote('1.1.0');
    expect(await rollout.meaning({ name: 'sentiment' })).toMatchObject({ version: '1.1.0' });
    expect(await rollout.meaning({ name: 'sentiment', version: 'canary' })).toMatchObject({
      version: '1.1.0',
    });
    expect(reads).toBe(4);
  });

  it('never for a model that is not followed', async () => {
    const { rollout } = start();
    await rollout.start();
    expect(await rollout.meaning({ name: 'intent' })).toBeUndefined();
    (await rollout.use('intent', { version: '1.0.0', manifestSha256: sumOf('1.0.0') }))();
    expect([reads, loads]).toEqual([1, ['1.0.0']]);
  });
});

it('whoever listens after the start is told what happened before, once, and all of them what happens then', async () => {
  const { rollout, ask } = start({ pollMs: 0 }, []);
  await rollout.start();
  const told: string[][] = [[], []];
  rollout.listen(told.map((kinds) => ({ rolledOut: ({ kind }) => kinds.push(kind) })));
  expect(told).toEqual([
    ['read', 'accepted'],
    ['read', 'accepted'],
  ]);
  promote('1.1.0');
  await expect.poll(() => ask()).toBe('1.1.0');
  expect(told[1]?.slice(2)).toEqual(expect.arrayContaining(['read', 'accepted']));
  expect(told[0]).toEqual(told[1]);
});

it('a model is not followed where there is no registry', async () => {
  const { rollout } = start({ store: undefined });
  await rollout.start();
  expect(rollout.follows('sentiment')).toBe(false);
  expect([rollout.states().size, reads]).toEqual([0, 0]);
});

it('a version that no name means answers for a file that began with it, until that has ended', async () => {
  const { rollout } = start();
  await rollout.start();
  const release = await rollout.use('sentiment', { version: '1.1.0', manifestSha256: sumOf('1.1.0') });
  expect(loads).toEqual(['1.0.0', '1.1.0']);
  expect(unloaded).toEqual([]);
  release();
  await expect.poll(() => unloaded).toEqual(['1.1.0']);
});
