/** Versions by aliases and rules, as the settings ask for them, with a registry on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageStore } from '@pilotlight/engine';
import { emptyRecord, recordAction, recordText, registryKey } from '@pilotlight/model-format/registry';
import { afterEach, expect, it, vi } from 'vitest';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';
import { readRollout } from '../../../../functions/app/src/settings/rollout-options.ts';
import { putPackage } from '../../../fixtures/remote-package.ts';
import { BUCKET } from '../../../fixtures/s3-server.ts';
import { sceneOfEachTest } from '../../engine/remote-bucket.ts';
import { fakeApp, fakeEngine, postJson, silent } from '../fake-engine.ts';

const scene = sceneOfEachTest();
const REGISTRY = { PILOTLIGHT_REGISTRY: `s3://${BUCKET}/nlp`, PILOTLIGHT_REGISTRY_MODELS: 'parity' };
const ROUTING = { PILOTLIGHT_ROUTING: JSON.stringify([{ to: 'vectors' }]) };
afterEach(() => vi.restoreAllMocks());

const read = (environment: Readonly<Record<string, string>>) =>
  readRollout(
    readConfig({
      PILOTLIGHT_MODELS_DIR: join(scene.folder, 'layer'),
      PILOTLIGHT_REMOTE_FOLDER: join(scene.folder, 'fetched'),
      ...environment,
    }),
  );

/** An engine that opens the packages of `store`. */
const engineOn = (store: PackageStore | undefined) =>
  ({
    ...fakeEngine(),
    unload: async () => {},
    model: async (ref: { readonly name: string; readonly version: string }) => {
      const { manifest } = (await store?.open(ref)) ?? {};
      return { manifest, checkGolden: async () => ({ line: 1, drift: 0 }) };
    },
  }) as never;

/** Puts a version of `parity` into the registry, whose `prod` it becomes. */
async function promote(version: string): Promise<void> {
  const { files, manifestSha256 } = await putPackage(scene.server, { version, weightsBytes: 100 });
  for (const [path, content] of files) await scene.server.put(`nlp/parity/${version}/${path}`, content);
  const by = { at: '2026-12-01T00:00:00Z', who: 'a test' };
  const pushed = recordAction(emptyRecord('parity'), {
    ...by,
    did: { action: 'push', version, manifestSha256, bytes: 1 },
  });
  const record = recordAction(pushed, {
    ...by,
    did: { action: 'promote', alias: 'prod', version, manifestSha256, gates: [] },
  });
  await scene.server.put(`nlp/${registryKey('parity')}`, recordText(record));
}

it.each([{}, { PILOTLIGHT_REGISTRY: `s3://${BUCKET}` }])(
  'names mean what the packages say where there are neither models of a registry nor rules, with %j',
  async (environment) => {
    expect(await read(environment)).toBeUndefined();
  },
);

it.each([{}, { PILOTLIGHT_REGISTRY: `s3://${BUCKET}` }])(
  'rules without models of a registry route calls, and leave the packages of the engine as they are, with %j',
  async (registry) => {
    const setting = await read({ ...ROUTING, ...registry });
    expect(setting?.packages).toBeUndefined();
    const engine = fakeEngine();
    const rollout = setting?.follow({ ...engine, unload: async () => {} } as never, 'by requests', silent);
    const app = fakeApp({ engine, ...(rollout && { rollout }) });
    expect((await app.request('/models/sentiment', postJson({ inputs: 'a' }))).status).toBe(200);
    expect(engine.calls).toMatchObject([{ ref: { name: 'vectors' } }]);
  },
);

it('a registry with models gives the engine what its aliases mean, fetched to the folder of the settings', async () => {
  await promote('1.2.0');
  const setting = await read({ ...REGISTRY, PILOTLIGHT_REGISTRY_POLL_SECONDS: '7' });
  const store = setting?.packages?.packages;
  if (store === undefined || typeof store === 'string') throw new TypeError('a store was expected');
  const timer = vi.spyOn(globalThis, 'setInterval');
  const rollout = setting?.follow(engineOn(store), 'by timer', silent);
  await rollout?.start();
  rollout?.close();
  expect(rollout?.states()).toEqual(new Map([['parity', 'ready']]));
  expect(await rollout?.meaning({ name: 'parity' })).toMatchObject({ version: '1.2.0' });
  expect(await store.resolve({ name: 'parity' })).toEqual({ name: 'parity', version: '1.2.0' });
  expect(existsSync(join(scene.folder, 'fetched/parity/1.2.0/model.json'))).toBe(true);
  const [, pollMs = 0] = timer.mock.calls.at(-1) ?? [];
  expect(pollMs).toBeGreaterThanOrEqual(0.9 * 7000);
  expect(pollMs).toBeLessThanOrEqual(1.1 * 7000);
});

it('a model that is not of the registry is looked for in the folder of packages', async () => {
  const { packages } = (await read(REGISTRY)) ?? {};
  if (packages === undefined || typeof packages.packages === 'string')
    throw new TypeError('a store was expected');
  await expect(packages.packages.resolve({ name: 'reviews' })).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
  });
  await expect(packages.packages.list()).resolves.toEqual([]);
});
