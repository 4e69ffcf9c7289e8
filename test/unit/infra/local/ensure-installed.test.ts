import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const SCRIPT = 'cli/ensure-installed.mjs';

/** Stands for npm: records how it was called, and installs what the lock file of these tests names. */
const FAKE_NPM = `
import { appendFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
const [command] = process.argv.slice(2);
const flags = process.argv.slice(3).join(' ');
appendFileSync('calls.log', [command, flags, process.env.ONNXRUNTIME_NODE_INSTALL].join(' | ') + '\\n');
if (existsSync('fail')) {
  console.error('npm error code ENOTFOUND');
  process.exit(7);
}
if (command === 'ci') {
  if (existsSync('slow')) await new Promise((done) => setTimeout(done, 400));
  rmSync('node_modules', { recursive: true, force: true });
  mkdirSync('node_modules/.bin', { recursive: true });
}
if (command === 'rebuild') symlinkSync(process.execPath, 'node_modules/.bin/node');
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pilotlight-test-'));
  mkdirSync(join(root, 'cli'), { recursive: true });
  cpSync(SCRIPT, join(root, SCRIPT));
  mkdirSync(join(root, 'fake'));
  writeFileSync(join(root, 'fake/npm-cli.js'), FAKE_NPM);
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  lock('1.0.0');
});
afterEach(() => rmSync(root, { recursive: true }));

function lock(version: string): void {
  const packages = { '': {}, 'node_modules/zod': { version } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

async function ensureInstalled(): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [SCRIPT], {
    cwd: root,
    env: { ...process.env, npm_execpath: join(root, 'fake/npm-cli.js'), npm_node_execpath: process.execPath },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

function calls(): string[] {
  try {
    return readFileSync(join(root, 'calls.log'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

test('ensure-installed installs what the lock file says, and then has nothing to do', async () => {
  const first = await ensureInstalled();
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('Installing dependencies') });
  expect(calls().map((call) => call.split(' ')[0])).toEqual(['ci', 'rebuild']);

  expect(await ensureInstalled()).toEqual({ code: 0, stderr: '' });
  expect(calls()).toHaveLength(2);
});

test('ensure-installed runs no install script of a dependency but that of the package "node"', async () => {
  await ensureInstalled();
  const [ci, rebuild] = calls();
  expect(ci).toContain('--ignore-scripts');
  expect(rebuild).toMatch(/^rebuild \| node /);
  expect(calls().every((call) => call.endsWith('| skip'))).toBe(true);
});

test('ensure-installed brings development dependencies whatever NODE_ENV says', async () => {
  await ensureInstalled();
  expect(calls()[0]).toContain('--include=dev');
});

test('ensure-installed installs again after the lock file changed', async () => {
  await ensureInstalled();
  lock('1.0.1');
  await ensureInstalled();
  expect(calls()).toHaveLength(4);
});

test('ensure-installed installs again when Node 24 is gone from node_modules', async () => {
  await ensureInstalled();
  rmSync(join(root, 'node_modules/.bin/node'));
  await ensureInstalled();
  expect(calls()).toHaveLength(4);
});

test('ensure-installed leaves alone what an npm install by hand brought in line with the lock file', async () => {
  await ensureInstalled();
  lock('1.0.1');
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
  expect(await ensureInstalled()).toEqual({ code: 0, stderr: '' });
  expect(calls()).toHaveLength(2);
});

test('ensure-installed installs again after an install by hand that is older than the lock file, or brought no Node that runs', async () => {
  await ensureInstalled();
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
  lock('1.0.1');
  utimesSync(join(root, 'node_modules/.package-lock.json'), 1, 1);
  await ensureInstalled();
  expect(calls()).toHaveLength(4);

  lock('1.0.2');
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
  rmSync(join(root, 'node_modules/.bin/node'));
  writeFileSync(join(root, 'node_modules/.bin/node'), 'a binary of another platform');
  await ensureInstalled();
  expect(calls()).toHaveLength(6);
});

test('ensure-installed shows all that npm printed when it fails, and tries again the next time', async () => {
  writeFileSync(join(root, 'fail'), '');
  const { code, stderr } = await ensureInstalled();
  expect(code).toBe(1);
  expect(stderr).toContain('npm error code ENOTFOUND');
  expect(stderr).toContain('npm ci ended with 7');

  rmSync(join(root, 'fail'));
  expect(await ensureInstalled()).toMatchObject({ code: 0 });
});

test('ensure-installed installs once when two processes start together', async () => {
  writeFileSync(join(root, 'slow'), '');
  const both = await Promise.all([ensureInstalled(), ensureInstalled()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(calls()).toHaveLength(2);
  expect(both.map(({ stderr }) => stderr).join('')).toContain('Waiting for process');
});

test('ensure-installed takes over from a process that died while installing', async () => {
  const child = spawn(process.execPath, [SCRIPT], {
    cwd: root,
    env: { ...process.env, npm_execpath: join(root, 'fake/npm-cli.js') },
  });
  writeFileSync(join(root, 'slow'), '');
  await once(child.stderr, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await ensureInstalled()).toMatchObject({ code: 0 });
});

test.each([
  ['an empty file', ''],
  ['the id of another process that lives', `${process.pid}`],
  ['the id of another process that lives, with the start of one before it', `${process.pid} 1`],
  ['the id of a process of the system', '1 1'],
  ['something else', 'hello'],
])('ensure-installed does not wait for a guard that is %s', async (_, guard) => {
  writeFileSync(join(root, '.installing'), guard);
  utimesSync(join(root, '.installing'), Date.now() / 1000, Date.now() / 1000 - 10);
  expect(await ensureInstalled()).toMatchObject({ code: 0 });
  expect(existsSync(join(root, '.installing'))).toBe(false);
});

test('ensure-installed writes nothing into the temporary folder, where others could have been before', async () => {
  const temporary = join(root, 'temporary');
  mkdirSync(temporary);
  utimesSync(temporary, 1, 1);
  vi.stubEnv('TMPDIR', temporary);
  expect(await ensureInstalled()).toMatchObject({ code: 0 });
  vi.unstubAllEnvs();
  expect(statSync(temporary).mtimeMs).toBe(1000);
});

test('ensure-installed says in a line that its folder cannot be written', async () => {
  mkdirSync(join(root, '.installing'));
  const { code, stderr } = await ensureInstalled();
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^The dependencies cannot be installed: .*\n$/)]);
});
