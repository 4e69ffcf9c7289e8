import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestText, sha256Of } from '@pilotlight/model-format';
import { describeKey, signatureStatement, signaturesText } from '@pilotlight/model-format/signature';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Engine, FolderStore, JoinedStore, type PackageStore } from '../../../layers/engine/src/index.ts';
import { RegistryStore } from '../../../layers/engine/src/store/registry/registry-store.ts';
import { SignedStore } from '../../../layers/engine/src/store/signed-store.ts';
import { putPackage } from '../../fixtures/remote-package.ts';
import { manifestOf } from './fakes.ts';
import { SMALL, sceneOfEachTest, storeOf } from './remote-bucket.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const trusted = [describeKey(publicKey)];
const REF = { name: 'parity', version: '1.0.0' };
const scene = sceneOfEachTest();

let packages = '';
beforeEach(async () => {
  packages = await mkdtemp(join(tmpdir(), 'pilotlight-signed-'));
});
afterEach(() => rm(packages, { recursive: true }));

function signatures(manifestSha256: string): string {
  const signedAt = new Date().toISOString();
  const signature = sign(null, signatureStatement({ ...REF, manifestSha256 }, signedAt), privateKey);
  const [key] = trusted;
  return signaturesText([
    {
      ...{ algorithm: 'ed25519', keyId: key?.keyId ?? '', manifestSha256, signedAt },
      signature: signature.toString('base64'),
    },
  ]);
}

/** A package of which no more is there than an engine reads before it takes it. */
async function writePackage(isSigned: boolean): Promise<void> {
  const text = manifestText(manifestOf());
  const folder = join(packages, REF.name, REF.version);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.json'), text);
  if (isSigned) await writeFile(join(folder, 'signature.json'), signatures(sha256Of(text)));
}

it('a signed package is opened and listed', async () => {
  await writePackage(true);
  const store = new SignedStore(new JoinedStore([new FolderStore(packages)]), trusted);
  await expect(store.open(REF)).resolves.toMatchObject({ manifest: REF });
  await expect(store.list()).resolves.toMatchObject([{ ...REF, manifest: REF }]);
});

it('a package without a signature has a problem and no manifest, and loads nothing', async () => {
  await writePackage(false);
  const engine = new Engine({ packages, signedBy: [pem] });
  await expect(engine.model('parity')).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: expect.stringContaining('parity@1.0.0 is refused: it has no signature.json'),
  });
  const [entry] = await engine.models();
  expect(entry).toMatchObject({ ...REF, problem: expect.stringContaining('signature.json') });
  expect(entry).not.toHaveProperty('manifest');
});

it('a signature is asked of a store of the caller too, by the file that it gives', async () => {
  await writePackage(true);
  const folder = new FolderStore(packages);
  const own: PackageStore = {
    list: () => folder.list(),
    resolve: (ref) => folder.resolve(ref),
    open: (ref) => folder.open(ref),
  };
  await expect(new SignedStore(own, trusted).open(REF)).resolves.toBeDefined();
  await rm(join(packages, REF.name, REF.version, 'signature.json'));
  await expect(new SignedStore(own, trusted).open(REF)).rejects.toThrow(/no signature\.json/);
});

it('an engine does not begin with a key that is none, and takes nothing where no key is trusted', async () => {
  expect(() => new Engine({ packages, signedBy: ['no key'] })).toThrow(/KEY_INVALID|cannot be read/);
  await writePackage(true);
  await expect(new Engine({ packages, signedBy: [] }).model('parity')).rejects.toThrow(/trusted here/);
});

it('a package of a registry that was fetched without a signature is taken once it is signed there', async () => {
  const wanted = await putPackage(scene.server);
  const put = (path: string, content: Uint8Array | string) =>
    scene.server.put(`registry/parity/1.0.0/${path}`, content);
  for (const [path, content] of wanted.files) await put(path, content);
  const base = new FolderStore(packages);
  const registry = new RegistryStore({
    ...{ bucket: wanted.bucket, prefix: 'registry/', folder: scene.folder, base, transfer: SMALL },
  });
  registry.offer('parity', wanted);
  const store = new SignedStore(registry, trusted);
  await expect(store.open(REF)).rejects.toThrow(/no signature\.json/);
  await put('signature.json', signatures(wanted.manifestSha256));
  await expect(store.open(REF)).resolves.toMatchObject({ manifest: REF });
});

it('a signature comes with a package from a bucket, and is what a listing asks for beside the manifest', async () => {
  const wanted = await putPackage(scene.server);
  const key = 'parity/1.0.0/signature.json';
  await scene.server.put(key, signatures(wanted.manifestSha256));
  const signed = { ...wanted, objects: { ...wanted.objects, 'signature.json': key } };
  const store = new SignedStore(storeOf(scene, [signed]), trusted);
  await expect(store.list()).resolves.toMatchObject([{ ...REF, manifest: REF }]);
  expect(scene.server.asked.map(({ key: asked }) => asked).every((asked) => asked.endsWith('.json'))).toBe(
    true,
  );
  await store.open(REF);
  const fetched = new FolderStore(scene.folder);
  await expect(fetched.sidecar(REF, 'signature.json')).resolves.toContain('"ed25519"');
  await expect(new SignedStore(storeOf(scene, [wanted]), trusted).open(REF)).rejects.toThrow(
    /no signature\.json/,
  );
});
