/** A registry whose versions must be signed: one that is not does not take over. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { sha256Of } from '@pilotlight/model-format';
import { emptyRecord, recordAction } from '@pilotlight/model-format/registry';
import { describeKey, signatureStatement, signaturesText } from '@pilotlight/model-format/signature';
import { expect, it } from 'vitest';
import { FollowedModel } from '../../../functions/app/src/serve/rollout/followed-model.ts';
import type { RolloutRecord } from '../../../functions/app/src/serve/rollout-port.ts';
import { FolderStore } from '../../../layers/engine/src/index.ts';
import { RegistryStore } from '../../../layers/engine/src/store/registry/registry-store.ts';
import { SignedStore } from '../../../layers/engine/src/store/signed-store.ts';
import { putPackage } from '../../fixtures/remote-package.ts';
import { BUCKET } from '../../fixtures/s3-server.ts';
import { silent } from '../functions/fake-engine.ts';
import { SMALL, sceneOfEachTest } from './remote-bucket.ts';

const scene = sceneOfEachTest();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = describeKey(publicKey);

/** Puts a version into the registry, and its signature beside it. */
async function push(version: string, isSigned: boolean): Promise<string> {
  const { files, manifestSha256 } = await putPackage(scene.server, { version });
  for (const [path, content] of files) await scene.server.put(`parity/${version}/${path}`, content);
  expect(sha256Of(files.get('model.json') ?? '')).toBe(manifestSha256);
  if (!isSigned) return manifestSha256;
  const signedAt = new Date(0).toISOString();
  const statement = signatureStatement({ name: 'parity', version, manifestSha256 }, signedAt);
  const signature = sign(null, statement, privateKey).toString('base64');
  const { keyId } = key;
  const text = signaturesText([{ algorithm: 'ed25519', keyId, manifestSha256, signedAt, signature }]);
  await scene.server.put(`parity/${version}/signature.json`, text);
  return manifestSha256;
}

it('refuses an unsigned candidate, after which prod means what it meant', async () => {
  const base = new FolderStore(join(scene.folder, 'nothing'));
  const store = new RegistryStore({
    ...{ bucket: BUCKET, prefix: '', folder: scene.folder, base, transfer: SMALL },
  });
  const signed = new SignedStore(store, [key]);
  const told: RolloutRecord[] = [];
  const model = new FollowedModel({
    ...{ name: 'parity', store, logger: silent, goldensMs: 1000 },
    tell: (record) => told.push(record),
    engine: {
      loaded: () => [],
      unload: async () => {},
      model: async (ref) => {
        const { manifest } = await signed.open({ name: 'parity', version: String(Object(ref).version) });
        return { manifest, checkGolden: async () => ({ line: 1, drift: 0 }) } as never;
      },
    },
  });
  let record = emptyRecord('parity');
  const promote = async (version: string, isSigned: boolean) => {
    const manifestSha256 = await push(version, isSigned);
    const act = (did: Parameters<typeof recordAction>[1]['did']) =>
      recordAction(record, { at: '2026-12-01T00:00:00Z', who: 'a test', did });
    record = act({ action: 'push', version, manifestSha256, bytes: 1 });
    record = act({ action: 'promote', alias: 'prod', version, manifestSha256, gates: [] });
    return model.acceptProd(record);
  };
  await expect(promote('1.0.0', true)).resolves.toBe('accepted');
  await expect(promote('1.1.0', false)).resolves.toBe('refused');
  expect(told.at(-1)).toMatchObject({ kind: 'refused', version: '1.1.0', code: 'PACKAGE_INVALID' });
  await expect(store.resolve({ name: 'parity' })).resolves.toMatchObject({ version: '1.0.0' });
  await expect(promote('1.2.0', true)).resolves.toBe('accepted');
  await expect(store.resolve({ name: 'parity' })).resolves.toMatchObject({ version: '1.2.0' });
});
