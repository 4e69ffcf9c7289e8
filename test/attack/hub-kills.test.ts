/** Models that are fetched from a hub by processes that are killed: the next one gives the same bytes, asks for what is missing alone, and leaves nothing. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../model-assets/format/src/package/integrity.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { type FakeHub, startHub } from '../fixtures/hub.ts';
import { Random } from '../fixtures/random.ts';
import { LONG, sampled } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const root = temporaryFolder();
const cache = join(root, 'cache');
const packages = join(root, 'packages');
const WEIGHTS = Buffer.alloc(24 << 20, 'seven of these are as long as a prime number of bytes');
const KILLS = Array.from({ length: 30 }, (_, kill) => kill);
const random = new Random(19);
let hub: FakeHub;

beforeAll(async () => {
  hub = await startHub();
  const large = join(root, 'large');
  mkdirSync(large);
  writeFileSync(join(large, 'config.json'), '{"model_type":"bert"}');
  writeFileSync(join(large, 'model.safetensors'), WEIGHTS);
  hub.put('acme/large', large);
  const tiny = join(root, 'tiny');
  const labels = ['bad', 'good'];
  writeCheckpoint({ family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels }, tiny);
  hub.put('acme/tiny', tiny);
});
afterAll(() => hub.close());

const env = () => ({ ...process.env, HOME: root, HF_ENDPOINT: hub.url });
const FETCH = [join(import.meta.dirname, 'hub-fetch-process.ts'), 'hf:acme/large', cache];
const ADD = [
  join(import.meta.dirname, '../../cli/src/main.ts'),
  ...['models', 'add', 'hf:acme/tiny', '--name', 'tiny', '--token-budget', '512', '--force'],
  ...['--cache', cache, '--packages', packages],
];

function run(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: env() }, (error) => (error ? reject(error) : resolve()));
  });
}

async function killAfter(args: readonly string[], milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: 'ignore', env: env() });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([sleep(milliseconds), closed]);
  child.kill('SIGKILL');
  await closed;
}

/** Sums of all files of folders, by their paths. */
const sums = (...folders: string[]) =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [relative(root, file), sha256Of(readFileSync(file))]),
  );

const clear = () => {
  for (const folder of [cache, packages]) rmSync(folder, { recursive: true, force: true });
};

async function time(work: Promise<void>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

test('a download that is killed at any moment is gone on with, and leaves nothing but the model', async () => {
  hub.fault = ({ host }) => (host === 'cdn' ? { kind: 'slow', bytesPerSecond: 40_000_000 } : undefined);
  const took = await time(run(FETCH));
  const undisturbed = sums(cache);
  let saved = 0;
  for (const kill of sampled(KILLS, { short: 3 })) {
    clear();
    const before = hub.sent();
    await killAfter(FETCH, took * ((kill + random.uniform()) / KILLS.length));
    const there = hub.sent() - before;
    await run(FETCH);
    expect(sums(cache)).toEqual(undisturbed);
    expect(
      readdirSync(join(cache, new URL(hub.url).host.replace(':', '_'), 'models--acme--large')).sort(),
    ).toEqual(['listings', 'refs', 'snapshots']);
    saved += there - (hub.sent() - before - WEIGHTS.length);
  }
  expect(saved).toBeGreaterThan(1 << 20);
}, 600_000);

test.runIf(LONG)(
  'models add that is killed at any moment gives the same package in the end',
  async () => {
    hub.fault = () => undefined;
    clear();
    const took = await time(run(ADD));
    const undisturbed = sums(cache, packages);
    for (const kill of KILLS) {
      clear();
      await killAfter(ADD, took * ((kill + random.uniform()) / KILLS.length));
      await run(ADD);
      expect(sums(cache, packages)).toEqual(undisturbed);
      expect(readdirSync(packages)).toEqual(['tiny']);
    }
  },
  1_800_000,
);
