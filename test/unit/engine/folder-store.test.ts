import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { OnnxManifest, PackageFile } from '@pilotlight/model-format';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderStore } from '../../../layers/engine/src/store/folder-store.ts';
import { manifestOf } from './fakes.ts';

let root = '';
let store = new FolderStore(root);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pilotlight-store-'));
  store = new FolderStore(root);
});
afterEach(() => rm(root, { recursive: true }));

async function writePackage(changes: Partial<OnnxManifest> = {}, extra: object = {}): Promise<OnnxManifest> {
  const base = manifestOf(changes);
  const folder = join(root, base.name, base.version);
  const write = async ({ path }: PackageFile): Promise<PackageFile> => {
    const content = `content of ${path}`;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  };
  const { textProcessing, variants } = base;
  const { int8 } = variants;
  const { split } = textProcessing;
  const written = split && {
    rest: await write(split.rest),
    vocabulary: await Promise.all(split.vocabulary.map(write)),
  };
  const manifest = {
    ...base,
    textProcessing: { ...textProcessing, file: await write(textProcessing.file), split: written },
    variants: { int8: { ...int8, files: await Promise.all((int8?.files ?? []).map(write)) } },
    ...extra,
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return manifest as OnnxManifest;
}

async function openLatest(name: string) {
  const opened = await store.open(await store.resolve({ name }));
  const { manifest } = opened;
  const int8 = manifest.runtime === 'onnx' ? manifest.variants.int8 : undefined;
  if (!int8) throw new TypeError('the fake manifest has an int8 variant');
  return { opened, int8 };
}

describe('FolderStore', () => {
  it('resolves a name to its highest version, and a version to itself', async () => {
    for (const version of ['1.9.0', '1.10.0', '1.10.0-rc.1']) await writePackage({ version });
    await expect(store.resolve({ name: 'parity' })).resolves.toEqual({ name: 'parity', version: '1.10.0' });
    await expect(store.resolve({ name: 'parity', version: '1.9.0' })).resolves.toMatchObject({
      version: '1.9.0',
    });
  });

  it.each([
    { name: 'nothing' },
    { name: 'parity', version: '2.0.0' },
    { name: '../parity' },
    { name: '' },
    { name: 'parity', version: '../1.0.0' },
    { name: '__proto__' },
  ])('does not find $name $version, and names the models that there are', async (ref) => {
    await writePackage();
    await expect(store.resolve(ref)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      details: { models: ['parity'] },
    });
  });

  it('lists a broken package with its problem beside the others', async () => {
    await writePackage({ name: 'good' });
    await writePackage({ name: 'typo' }, { taks: 'text-classification' });
    await expect(store.list()).resolves.toMatchObject([
      { name: 'good', version: '1.0.0', manifest: { name: 'good' } },
      { name: 'typo', version: '1.0.0', problem: expect.stringContaining('taks') },
    ]);
  });

  it('lists nothing for a folder that is not there', async () => {
    await expect(new FolderStore(join(root, 'none')).list()).resolves.toEqual([]);
  });

  it.each([
    ['an unknown key', { surprise: 1 }, 'surprise'],
    ['a later format', { formatVersion: 2 }, 'made by a later Pilotlight'],
    ['a default variant that is not there', { defaultVariant: 'fp16' }, 'defaultVariant'],
    [
      'a default prompt that is not there',
      { taskDefaults: { defaultPrompt: 'query' } },
      'taskDefaults.defaultPrompt',
    ],
    ['two equal labels', { labels: ['same', 'same'] }, 'labels'],
    ['a classifier without labels', { labels: [] }, 'labels'],
    ['the name of another model', { name: 'other' }, 'other@1.0.0'],
    [
      'a path out of the package',
      { goldens: { path: '../x', bytes: 1, sha256: '0'.repeat(64) } },
      'goldens.path',
    ],
  ])('refuses a manifest with %s', async (_title, extra, reason) => {
    await writePackage({}, extra);
    await expect(store.open({ name: 'parity', version: '1.0.0' })).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining(reason),
    });
  });

  it('refuses a manifest that is not JSON', async () => {
    await writePackage();
    await truncate(join(root, 'parity/1.0.0/model.json'), 20);
    await expect(store.open({ name: 'parity', version: '1.0.0' })).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
    });
  });
});

describe('a package of which a part is a link', () => {
  it('is found, and may lie elsewhere as a whole', async () => {
    await writePackage();
    await rename(join(root, 'parity'), `${root}-parity`);
    await symlink(`${root}-parity`, join(root, 'parity'));
    await symlink('nowhere', join(root, 'broken'));
    const { opened, int8 } = await openLatest('parity');
    await expect(opened.checkSizes(int8)).resolves.toBeUndefined();
    await rm(`${root}-parity`, { recursive: true });
  });
});

describe('a package that was tampered with', () => {
  const inside = (path: string) => join(root, 'parity/1.0.0', path);
  const replaceBy = (path: string, put: (at: string) => unknown) => async () => {
    await rm(inside(path));
    await put(inside(path));
  };

  it.each<[string, () => Promise<unknown>]>([
    [
      'int8/weights.bin leads out of its folder',
      replaceBy('int8/weights.bin', async (at) => {
        await writeFile(join(root, 'elsewhere'), 'content of int8/weights.bin');
        await symlink('../../../elsewhere', at);
      }),
    ],
    ['weights.bin is a folder', replaceBy('int8/weights.bin', (at) => mkdir(at))],
    ['tokenizer.json is a pipe', replaceBy('tokenizer.json', (at) => execFileSync('mkfifo', [at]))],
    [
      'model.onnx is a pipe, a socket',
      replaceBy('int8/model.onnx', (at) =>
        symlink('pipe', at).then(() => execFileSync('mkfifo', [inside('int8/pipe')])),
      ),
    ],
    ['tokenizer.json leads out of its folder', replaceBy('tokenizer.json', (at) => symlink('/dev/zero', at))],
    ['tokenizer.json is missing', replaceBy('tokenizer.json', (at) => symlink('tokenizer.json', at))],
    ['it holds int8/x.bin, which its manifest does not name', () => writeFile(inside('int8/x.bin'), '')],
    ['it holds int8/.x, which', () => symlink('weights.bin', inside('int8/.x'))],
    [
      'it holds int8/sub/x.bin, which',
      () => mkdir(inside('int8/sub')).then(() => writeFile(inside('int8/sub/x.bin'), '')),
    ],
  ])('is refused before anything is read: %s', async (reason, tamper) => {
    await writePackage();
    const { opened, int8 } = await openLatest('parity');
    await tamper();
    await expect(opened.checkSizes(int8)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining(reason),
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['cannot be read', replaceBy('model.json', (at) => execFileSync('mkfifo', [at]))],
    ['cannot be read', replaceBy('model.json', (at) => symlink('/etc/hostname', at))],
    ['cannot be read', replaceBy('model.json', (at) => mkdir(at))],
    ['cannot be read', () => truncate(inside('model.json'), 5_000_000)],
  ])('is refused where its manifest is no file of its folder: %s', async (reason, tamper) => {
    await writePackage();
    await tamper();
    await expect(store.list()).resolves.toMatchObject([
      { name: 'parity', problem: expect.stringContaining(`its model.json ${reason}`) },
    ]);
  });
});

describe('a package of the store', () => {
  it('verifies when nothing changed', async () => {
    await writePackage();
    const { opened, int8 } = await openLatest('parity');
    await opened.checkSizes(int8);
    await expect(opened.verify(int8)).resolves.toBeUndefined();
  });

  it.each(['int8/weights.bin', 'int8/model.onnx', 'tokenizer.json'])(
    'refuses one changed byte of %s',
    async (path) => {
      await writePackage();
      const { opened, int8 } = await openLatest('parity');
      await writeFile(join(root, 'parity/1.0.0', path), `Content of ${path}`);
      await opened.checkSizes(int8);
      await expect(opened.verify(int8)).rejects.toMatchObject({
        code: 'PACKAGE_CORRUPT',
        message: expect.stringContaining(`parity@1.0.0 is refused: the sha256 of ${path}`),
      });
    },
  );

  it('looks at the parts of a divided tokenizer, and not at the whole, which is not opened', async () => {
    const part = (path: string) => ({ path, bytes: 0, sha256: '' });
    const split = { rest: part('tokenizer/rest.json'), vocabulary: [part('tokenizer/vocab.txt')] };
    await writePackage({ textProcessing: { ...manifestOf().textProcessing, split } });
    const { opened, int8 } = await openLatest('parity');
    await rm(join(root, 'parity/1.0.0/tokenizer.json'));
    await opened.checkSizes(int8);
    await opened.verify(int8);
    await writeFile(join(root, 'parity/1.0.0/tokenizer/vocab.txt'), 'Content of tokenizer/vocab.txt');
    await expect(opened.verify(int8)).rejects.toMatchObject({
      message: expect.stringContaining('the sha256 of tokenizer/vocab.txt'),
    });
  });

  it('refuses a file that is missing or cut short, before anything is read', async () => {
    await writePackage();
    const { opened, int8 } = await openLatest('parity');
    await truncate(join(root, 'parity/1.0.0/int8/weights.bin'), 3);
    await expect(opened.checkSizes(int8)).rejects.toMatchObject({
      message: expect.stringContaining('has 3 bytes'),
    });
    await rm(join(root, 'parity/1.0.0/int8/weights.bin'));
    await expect(opened.checkSizes(int8)).rejects.toMatchObject({
      message: expect.stringContaining('is missing'),
    });
    await expect(opened.verify(int8)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });
});
