import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type BucketPackage, putPackage } from '../../fixtures/remote-package.ts';
import { contentOf, expectFetched, sceneOfEachTest } from './remote-bucket.ts';

const scene = sceneOfEachTest();
const SCRIPT = join(import.meta.dirname, '../../fixtures/fetch-package.ts');

function fetching({ files: _, ...wanted }: BucketPackage, transfer: Record<string, number> = {}) {
  const options = JSON.stringify({ ...wanted, folder: scene.folder, transfer });
  const child = spawn(process.execPath, ['--expose-gc', SCRIPT, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = Promise.all([text(child.stdout), once(child, 'close')]).then(([stdout, [code, signal]]) => ({
    stdout,
    code,
    signal,
  }));
  return { child, ended };
}

const weightsAsked = () => scene.server.asked.filter(({ key }) => key.endsWith('weights.bin'));

it('a process killed amid a fetch leaves no package, and the next one fetches it and clears up', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 100_000 });
  const transfer = { partBytes: 10_000, parallelism: 2 };
  scene.server.fault = ({ start }) => (start >= 50_000 ? { kind: 'stall', afterBytes: 5000 } : undefined);
  const first = fetching(wanted, transfer);
  while (weightsAsked().length < 7) await wait(10);
  first.child.kill('SIGKILL');
  expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
  const left = [...(await contentOf(scene.folder)).keys()];
  expect(left.length).toBeGreaterThan(0);
  expect(left.every((path) => path.startsWith('.fetching/'))).toBe(true);

  scene.server.fault = () => undefined;
  expect(await fetching(wanted, transfer).ended).toMatchObject({ code: 0 });
  await expectFetched(scene.folder, wanted);
  expect(await readdir(join(scene.folder, '.fetching'))).toEqual([]);
});

it('processes that share a folder fetch a package once', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 100_000 });
  const transfer = { partBytes: 10_000, parallelism: 2 };
  scene.server.fault = ({ start }) =>
    start >= 50_000 ? { kind: 'slow', bytesPerSecond: 20_000 } : undefined;
  const first = fetching(wanted, transfer);
  while (weightsAsked().length < 2) await wait(10);
  const second = fetching(wanted, transfer);
  expect(await Promise.all([first.ended, second.ended])).toMatchObject([{ code: 0 }, { code: 0 }]);
  await expectFetched(scene.folder, wanted);
  expect(weightsAsked()).toHaveLength(10);
});

it('a fetch of 64 MB takes no more memory than the parts that may be in it at once', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 64e6 });
  const { stdout, code } = await fetching(wanted, { partBytes: 1e6, parallelism: 4, maxPartsInMemory: 6 })
    .ended;
  expect(code).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(1e6);
  expect(Number(stdout)).toBeLessThan(16e6);
});
