/** The store on a registry: what is fetched, what names mean, and what is left where the bucket does not answer. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { FolderStore } from '../../../layers/engine/src/index.ts';
import { RegistryStore } from '../../../layers/engine/src/store/registry/registry-store.ts';
import { type BucketPackage, putPackage } from '../../fixtures/remote-package.ts';
import { BUCKET } from '../../fixtures/s3-server.ts';
import { SMALL, sceneOfEachTest } from './remote-bucket.ts';

const scene = sceneOfEachTest();
const open = (variants: Readonly<Record<string, readonly string[]>> = {}) => {
  const { folder } = scene;
  const base = new FolderStore(join(folder, 'base'));
  return new RegistryStore({ bucket: BUCKET, prefix: 'nlp/', folder, base, variants, transfer: SMALL });
};
const refOf = ({ name, version }: BucketPackage) => ({ name, version });

/** Puts a version where a registry has it. */
async function push(version: string, variants?: readonly string[]): Promise<BucketPackage> {
  const pushed = await putPackage(scene.server, { version, ...(variants && { variants }) });
  for (const [path, content] of pushed.files)
    await scene.server.put(`nlp/${pushed.name}/${version}/${path}`, content);
  return pushed;
}

it('fetches a version that it was offered, which no name means before it is accepted', async () => {
  const pushed = await push('1.0.0');
  const store = open();
  await expect(store.resolve(refOf(pushed))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  store.offer('parity', pushed);
  await expect(store.open(refOf(pushed))).resolves.toMatchObject({ manifest: { version: '1.0.0' } });
  await expect(store.resolve({ name: 'parity' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  store.accept('parity', { prod: pushed });
  await expect(store.resolve({ name: 'parity' })).resolves.toEqual(refOf(pushed));
  await expect(store.list()).resolves.toMatchObject([{ name: 'parity', version: '1.0.0' }]);
});

it('opens what was fetched before although the bucket does not answer, and nothing else', async () => {
  const [kept, other] = [await push('1.0.0'), await push('1.1.0')];
  const before = open();
  before.offer('parity', kept);
  await before.open(refOf(kept));
  scene.server.fault = () => ({ kind: 'reset' });
  const store = open();
  for (const version of [kept, other]) store.offer('parity', version);
  await expect(store.open(refOf(kept))).resolves.toMatchObject({ manifest: { version: '1.0.0' } });
  await expect(store.open(refOf(other))).rejects.toMatchObject({ code: 'PACKAGE_UNAVAILABLE' });
});

it('refuses a version whose model.json is not that of the record', async () => {
  const pushed = await push('1.0.0');
  const store = open();
  store.offer('parity', { version: '1.0.0', manifestSha256: 'a'.repeat(64) });
  await expect(store.open(refOf(pushed))).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
});

it('removes the files of a version that is withdrawn, and fetches them again where it is offered again', async () => {
  const pushed = await push('1.0.0');
  const store = open();
  store.offer('parity', pushed);
  await store.open(refOf(pushed));
  store.withdraw(refOf(pushed));
  await expect.poll(() => existsSync(join(scene.folder, 'parity/1.0.0'))).toBe(false);
  store.offer('parity', pushed);
  await expect(store.open(refOf(pushed))).resolves.toMatchObject({ manifest: { version: '1.0.0' } });
});

const isFetched = (path: string) => existsSync(join(scene.folder, 'parity/1.0.0', path));

it('fetches the variants that rules lead to beside the one that is served by itself, and no others', async () => {
  const pushed = await push('1.0.0', ['int8', 'fp32', 'fp16']);
  const store = open({ parity: ['fp32', 'int4'], other: ['fp16'] });
  store.offer('parity', pushed);
  await store.open(refOf(pushed));
  expect(['int8', 'fp32', 'fp16'].map((variant) => isFetched(`${variant}/weights.bin`))).toEqual([
    true,
    true,
    false,
  ]);
});

it('fetches a version that the deployment has without the files of a variant that a rule leads to', async () => {
  const pushed = await push('1.0.0', ['int8', 'fp32']);
  const deployed = join(scene.folder, 'base/parity/1.0.0');
  for (const [path, content] of pushed.files) {
    if (path.startsWith('fp32/')) continue;
    mkdirSync(dirname(join(deployed, path)), { recursive: true });
    writeFileSync(join(deployed, path), content);
  }
  const [plain, ruled] = [open(), open({ parity: ['fp32'] })];
  for (const store of [plain, ruled]) store.offer('parity', pushed);
  await plain.open(refOf(pushed));
  expect(isFetched('model.json')).toBe(false);
  await ruled.open(refOf(pushed));
  expect(isFetched('fp32/weights.bin')).toBe(true);
});
