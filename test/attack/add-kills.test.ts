/** `models add` that is killed: no package is lost, nothing is left, and the next run does what the killed one would have done. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256Of } from '../../model-assets/format/src/package/integrity.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { Random } from '../fixtures/random.ts';
import { cases } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const HERE = import.meta.dirname;
const root = temporaryFolder();
const packages = join(root, 'packages');

beforeEach(() => {
  rmSync(packages, { recursive: true, force: true });
  mkdirSync(packages);
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { env: { ...process.env, ...env } },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stderr }),
    );
  });
}

const publish = (name: string, content: string, killAt = 'never:0', force = 'force') =>
  run(
    [
      '--import',
      join(HERE, 'kill-at-rename.mjs'),
      join(HERE, 'publish-process.ts'),
      packages,
      name,
      content,
      force,
    ],
    { KILL_AT: killAt },
  );
const contentOf = (name: string) => {
  const file = join(packages, name, '1.0.0/content');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};

test('a publication that is killed at a rename leaves the package that it replaced, or the new one', async () => {
  const kills = [
    ['before:1', 'old'],
    ['after:1', 'old'],
    ['before:2', 'old'],
    ['after:2', 'new'],
  ] as const;
  const killed = kills.map(async ([killAt], index) => {
    await publish(`reviews-${index}`, 'old');
    return publish(`reviews-${index}`, 'new', killAt);
  });
  expect((await Promise.all(killed)).map(({ signal }) => signal)).toEqual(kills.map(() => 'SIGKILL'));
  const refused = await publish('reviews-1', 'new', 'never:0', 'new');
  expect(refused.stderr).toContain('PACKAGE_EXISTS');
  expect(kills.map((_, index) => contentOf(`reviews-${index}`))).toEqual(kills.map(([, left]) => left));
  expect(readdirSync(packages).sort()).toEqual(kills.map((_, index) => `reviews-${index}`));
});

test('a publication of a new package that is killed at a rename leaves it whole or not at all', async () => {
  const killed = [
    publish('reviews-0', 'new', 'before:1', 'new'),
    publish('reviews-1', 'new', 'after:1', 'new'),
  ];
  expect((await Promise.all(killed)).map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
  expect(readdirSync(packages).filter((name) => !name.startsWith('.'))).toEqual(['reviews-1']);
  expect((await publish('another', 'x')).code).toBe(0);
  expect(readdirSync(packages).sort()).toEqual(['another', 'reviews-1']);
  expect(contentOf('reviews-1')).toBe('new');
});

test('of several publications at once one wins, and the others say that the package exists', async () => {
  const names = Array.from({ length: cases({ short: 3, long: 16 }) }, (_, index) => `run ${index}`);
  const ended = await Promise.all(names.map((content) => publish('reviews', content, 'never:0', 'new')));
  expect(ended.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const { code, stderr } of ended) if (code !== 0) expect(stderr).toContain('PACKAGE_EXISTS');
  expect(names).toContain(contentOf('reviews'));
  const forced = await Promise.all(names.map((content) => publish('reviews', content)));
  for (const { code, stderr } of forced) if (code !== 0) expect(stderr).toContain('PACKAGE_EXISTS');
  expect(names).toContain(contentOf('reviews'));
  expect(readdirSync(packages)).toEqual(['reviews']);
});

describe('models add', () => {
  const checkpoint = join(root, 'checkpoint');
  const add = (...more: string[]) => [
    join(HERE, '../../cli/src/main.ts'),
    ...[
      'models',
      'add',
      checkpoint,
      '--name',
      'tiny',
      '--token-budget',
      '512',
      '--packages',
      packages,
      ...more,
    ],
  ];
  /** Sums of all files, by their paths. */
  const sums = () =>
    readdirSync(packages, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file, sha256Of(readFileSync(file))]);

  test('that is killed at any moment loses nothing, and the next one gives the same package', async () => {
    const labels = ['bad', 'good'];
    writeCheckpoint(
      { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels },
      checkpoint,
    );
    const start = performance.now();
    expect((await run(add())).code).toBe(0);
    const took = performance.now() - start;
    const expected = sums();
    const random = new Random(7);
    for (let kill = 0; kill < cases({ short: 2, long: 60 }); kill++) {
      const child = spawn(process.execPath, add('--force'), { stdio: 'ignore' });
      const closed = new Promise((resolve) => child.once('close', resolve));
      await Promise.race([sleep(took * random.uniform()), closed]);
      child.kill('SIGKILL');
      await closed;
      expect((await run(add('--force'))).code).toBe(0);
      expect(sums()).toEqual(expected);
      expect(readdirSync(packages)).toEqual(['tiny']);
    }
  }, 1_800_000);
});
