import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putPackage } from '../../fixtures/remote-package.ts';
import { contentOf, expectFetched, sceneOfEachTest, storeOf } from './remote-bucket.ts';

const scene = sceneOfEachTest();
const ref = { name: 'parity', version: '1.0.0' };

describe('a package in a bucket', () => {
  it('is fetched when it is opened, every file of it, byte for byte', async () => {
    const wanted = await putPackage(scene.server, { weightsBytes: 123_457 });
    const opened = await storeOf(scene, [wanted]).open(ref);
    expect(opened.manifest.name).toBe('parity');
    expect(opened.path('int8/weights.bin')).toBe(join(scene.folder, 'parity/1.0.0/int8/weights.bin'));
    await expectFetched(scene.folder, wanted);
  });

  it('is fetched once, however many open it at once and afterwards, in however many stores', async () => {
    const wanted = await putPackage(scene.server, { weightsBytes: 20_000 });
    const stores = [storeOf(scene, [wanted]), storeOf(scene, [wanted])];
    await Promise.all([...stores, ...stores, ...stores].map((store) => store.open(ref)));
    await Promise.all(stores.map((store) => store.open(ref)));
    const parts = scene.server.asked.filter(({ key }) => key.includes('weights'));
    expect(parts).toHaveLength(20);
  });

  it('is as good as verified: the hashes were compared as it arrived', async () => {
    const wanted = await putPackage(scene.server);
    const opened = await storeOf(scene, [wanted]).open(ref);
    const { manifest } = opened;
    const int8 = manifest.runtime === 'onnx' ? manifest.variants.int8 : undefined;
    if (!int8) throw new TypeError('the fake manifest has an int8 variant');
    await opened.checkSizes(int8);
    await writeFile(opened.path('tokenizer.json'), '{}');
    await expect(opened.verify(int8)).resolves.toBeUndefined();
    await expect(opened.checkSizes(int8)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });

  it('is listed by its manifest, of which alone it takes the bytes', async () => {
    const wanted = [
      await putPackage(scene.server, { version: '1.0.0' }),
      await putPackage(scene.server, { version: '1.2.0' }),
    ];
    const store = storeOf(scene, wanted);
    await expect(store.resolve({ name: 'parity' })).resolves.toEqual({ name: 'parity', version: '1.2.0' });
    expect(scene.server.asked).toEqual([]);
    await expect(store.list()).resolves.toMatchObject(
      wanted.map(({ version }) => ({ name: 'parity', version, manifest: { version } })),
    );
    expect(scene.server.asked.every(({ key }) => key.endsWith('model.json'))).toBe(true);
  });

  it('that is there from before is taken as it is, where every hash agrees', async () => {
    const wanted = await putPackage(scene.server);
    await storeOf(scene, [wanted]).open(ref);
    scene.server.asked.length = 0;
    await storeOf(scene, [wanted]).open(ref);
    expect(scene.server.asked).toEqual([]);
  });

  it.each(['model.json', 'int8/weights.bin', 'tokenizer.json'])(
    'that is there from before is fetched again where %s is another',
    async (path) => {
      const wanted = await putPackage(scene.server);
      await storeOf(scene, [wanted]).open(ref);
      await appendFile(join(scene.folder, 'parity/1.0.0', path), ' ');
      await storeOf(scene, [wanted]).open(ref);
      await expectFetched(scene.folder, wanted);
    },
  );

  it('is not what an unfinished fetch has left, and takes its room', async () => {
    const wanted = await putPackage(scene.server);
    const left = join(
      scene.folder,
      '.fetching/parity@1.0.0.1700000000000.999999999.1/package/int8/weights.bin',
    );
    await mkdir(dirname(left), { recursive: true });
    await writeFile(left, 'half of it');
    await storeOf(scene, [wanted]).open(ref);
    await expectFetched(scene.folder, wanted);
    expect(await readdir(join(scene.folder, '.fetching'))).toEqual([]);
  });
});

describe('a package that cannot be fetched', () => {
  const refusal = (code: string, reason: string) => ({
    code,
    message: expect.stringMatching(
      new RegExp(`^Model parity@1.0.0 (?:cannot be fetched|is refused): .*${reason}`),
    ),
    details: { model: 'parity', version: '1.0.0' },
  });

  it.each([
    ['a manifest that is not the pinned one', 'model.json', 'model.json is not the one that was deployed'],
    ['a weights file with a flipped bit', 'weights.bin', 'is not the file that the manifest names'],
    ['a tokenizer with a flipped bit', 'tokenizer.json', 'is not the file that the manifest names'],
  ])('is refused for %s', async (_title, file, reason) => {
    const wanted = await putPackage(scene.server);
    scene.server.fault = ({ key, start }) =>
      key.endsWith(file) && start === 0 ? { kind: 'flip', at: 100 } : undefined;
    await expect(storeOf(scene, [wanted]).open(ref)).rejects.toMatchObject(
      refusal('PACKAGE_CORRUPT', reason),
    );
    expect(await contentOf(scene.folder)).toEqual(new Map());
  });

  it.each([
    [403, 'AccessDenied', 'PACKAGE_UNAVAILABLE', 'may not be read'],
    [404, 'NoSuchKey', 'PACKAGE_UNAVAILABLE', 'is not in the bucket'],
    [404, 'NoSuchBucket', 'PACKAGE_UNAVAILABLE', 'is not in the bucket'],
    [400, 'ExpiredToken', 'PACKAGE_UNAVAILABLE', 'refused the request'],
    [412, 'PreconditionFailed', 'PACKAGE_CORRUPT', 'changed while it was fetched'],
  ])('is refused at once for %s %s', async (status, name, code, reason) => {
    const wanted = await putPackage(scene.server);
    scene.server.fault = ({ key }) =>
      key.endsWith('model.onnx') ? { kind: 'status', status, code: name } : undefined;
    await expect(storeOf(scene, [wanted]).open(ref)).rejects.toMatchObject(refusal(code, reason));
    expect(scene.server.asked.filter(({ key }) => key.endsWith('model.onnx'))).toHaveLength(1);
    expect(await contentOf(scene.folder)).toEqual(new Map());
  });

  it.each([
    [{ kind: 'reset' }, 'broke again and again'],
    [{ kind: 'status', status: 503, code: 'SlowDown' }, 'was busy at every attempt'],
    [{ kind: 'stall', afterBytes: 10 }, 'stood still'],
  ] as const)('is refused after as many attempts as are allowed: %j', async (fault, reason) => {
    const wanted = await putPackage(scene.server);
    scene.server.fault = ({ key }) => (key.endsWith('model.onnx') ? fault : undefined);
    const store = storeOf(scene, [wanted], {
      transfer: { attempts: 3, backoffMs: 1, stallMs: fault.kind === 'stall' ? 100 : 5000 },
    });
    await expect(store.open(ref)).rejects.toMatchObject(refusal('PACKAGE_UNAVAILABLE', reason));
    expect(scene.server.asked.filter(({ key }) => key.endsWith('model.onnx'))).toHaveLength(3);
    expect(await contentOf(scene.folder)).toEqual(new Map());
  });

  it('is tried again by the next who opens it', async () => {
    const wanted = await putPackage(scene.server);
    const store = storeOf(scene, [wanted]);
    scene.server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    await expect(store.open(ref)).rejects.toMatchObject({ code: 'PACKAGE_UNAVAILABLE' });
    await expect(store.list()).resolves.toMatchObject([
      { ...ref, problem: expect.stringContaining('may not') },
    ]);
    scene.server.fault = () => undefined;
    await store.open(ref);
    await expectFetched(scene.folder, wanted);
  });

  it('tells a client neither bucket nor key, and the log both', async () => {
    const wanted = await putPackage(scene.server);
    scene.server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    const error = await storeOf(scene, [wanted])
      .open(ref)
      .catch((refused: Error) => refused);
    expect(error).not.toMatchObject({ message: expect.stringMatching(/s3:\/\/|models\b/) });
    expect(error).toMatchObject({
      cause: { message: expect.stringContaining(`s3://models/${wanted.objects['model.json']}`) },
    });
  });

  it('is refused before a byte of it is written where it does not fit on the disk', async () => {
    const wanted = await putPackage(scene.server, {
      edit: (manifest) => ({ ...manifest, goldens: { ...manifest.goldens, bytes: 1e15 } }),
    });
    await expect(storeOf(scene, [wanted]).open(ref)).rejects.toMatchObject(
      refusal('PACKAGE_UNAVAILABLE', 'takes 1000000001 MB, .*ephemeral storage'),
    );
    expect(await contentOf(scene.folder)).toEqual(new Map());
  });

  it('is refused where an object has another size than the manifest says, or is not named there', async () => {
    const longer = await putPackage(scene.server, {
      edit: (manifest) => ({ ...manifest, goldens: { ...manifest.goldens, bytes: 2 } }),
    });
    await expect(storeOf(scene, [longer]).open(ref)).rejects.toMatchObject(
      refusal('PACKAGE_CORRUPT', 'is not the file that the manifest names'),
    );
    const more = await putPackage(scene.server);
    const surprised = { ...more, objects: { ...more.objects, 'fp32/surprise.bin': 'key' } };
    await expect(storeOf(scene, [surprised]).open(ref)).rejects.toMatchObject(
      refusal('PACKAGE_INVALID', 'fp32/surprise.bin'),
    );
  });

  it('is refused where an object changes between two parts of it', async () => {
    const wanted = await putPackage(scene.server, { weightsBytes: 20_000 });
    const key = wanted.objects['int8/weights.bin'] ?? '';
    let changing: Promise<void> | undefined;
    scene.server.fault = (asked) => {
      if (asked.key === key && asked.start >= 8000) changing ??= scene.server.put(key, Buffer.alloc(20_000));
      return undefined;
    };
    const store = storeOf(scene, [wanted], { transfer: { partBytes: 1000, parallelism: 1 } });
    await expect(store.open(ref)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
    await changing;
    await expect(store.open(ref)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
    expect(await contentOf(scene.folder)).toEqual(new Map());
  });
});
