import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectFiles } from '../unit/project/tracked-files.ts';
import { run, startService } from './command.ts';

const clone = mkdtempSync(join(tmpdir(), 'pilotlight-clone-'));
afterAll(() => rmSync(clone, { recursive: true }));

/** PATH without the node_modules/.bin folders that npm put in front of it. */
const path = (process.env.PATH ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');
/** Answers from npm's cache where it has what is needed, so that this test runs without a network too. */
const env = { PATH: path, npm_config_prefer_offline: 'true' };

test('npm start answers on a fresh clone with nothing installed, within three minutes', async () => {
  for (const file of projectFiles()) {
    mkdirSync(join(clone, dirname(file)), { recursive: true });
    cpSync(file, join(clone, file));
  }
  const start = performance.now();
  const service = await startService(['npm', 'start', '--', '--port', '0'], { cwd: clone, env });
  const response = await fetch(`${service.url}/models/sentiment`, {
    method: 'POST',
    body: JSON.stringify({ inputs: 'I love this' }),
  });
  const seconds = (performance.now() - start) / 1000;
  expect(await response.json()).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
  expect(await service.end('SIGINT')).toBe(0);
  expect(seconds).toBeLessThan(180);
}, 200_000);

test('npm start has brought Node 24 and none of the CUDA libraries', () => {
  const version = execFileSync(join(clone, 'node_modules/.bin/node'), ['--version'], { encoding: 'utf8' });
  expect(version).toMatch(/^v24\./);
  const binaries = join(clone, 'node_modules/onnxruntime-node/bin/napi-v6', process.platform, process.arch);
  expect(readdirSync(binaries).filter((file) => file.includes('cuda'))).toEqual([]);
});

test('npm start starts again within five seconds, and installs nothing', async () => {
  const start = performance.now();
  const service = await startService(['npm', 'start', '--', '--port', '0'], { cwd: clone, env });
  expect(performance.now() - start).toBeLessThan(5_000);
  expect(await service.end('SIGTERM')).toBe(0);
});

test('npm start leaves no file in the working tree that git would list', async () => {
  expect(existsSync(join(clone, '.git'))).toBe(false);
  await run(['git', 'init', '--quiet'], { cwd: clone });
  const { stdout } = await run(['git', 'ls-files', '-o', '--exclude-standard'], { cwd: clone });
  const before = new Set(projectFiles());
  expect(stdout.split('\n').filter((file) => file !== '' && !before.has(file))).toEqual([]);
});
