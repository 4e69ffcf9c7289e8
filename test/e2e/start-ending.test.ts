/** How `npm start` ends, and what does not end it. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { sampled } from '../scale.ts';
import { node, run, type Service, startService } from './command.ts';

const START = node('cli/src/main.ts', 'start', '--port', '0', '--model', 'sentiment');
const temporary = mkdtempSync(join(tmpdir(), 'pilotlight-ending-'));
const running = new Set<Service>();
afterEach(async () => {
  await Promise.all([...running].map((service) => service.end('SIGKILL').catch(() => {})));
  running.clear();
});
afterAll(() => rmSync(temporary, { recursive: true }));

async function start(...args: readonly string[]): Promise<Service & { readonly s3: string }> {
  const service = await startService([...START, ...args], { env: { TMPDIR: temporary } });
  running.add(service);
  return { ...service, s3: /at (http:\S+) come out in out/.exec(service.stdout())?.[1] ?? '' };
}

const uploads = () => readdirSync(temporary).filter((name) => name.startsWith('pilotlight-uploads-'));

it('a file too large for its name, a form that breaks off and a client that does end nothing', async () => {
  const { url, s3, stdout } = await start();
  const long = await fetch(`${s3}/uploads/in/sentiment/${'a'.repeat(246)}/${'b'.repeat(600)}.txt`, {
    method: 'PUT',
    body: 'I love this',
  });
  expect(long.status).toBe(200);
  const form = {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: '--b\r\nhalf',
  };
  expect((await fetch(`${s3}/uploads`, form)).status).toBe(501);
  const { hostname, port } = new URL(s3);
  const broken = request({
    hostname,
    port,
    path: '/uploads/in/sentiment/c.txt',
    method: 'PUT',
    headers: { 'content-length': 9 },
  });
  broken.on('error', () => {}).write('x');
  await once(broken, 'socket');
  await pause(100);
  broken.destroy();
  await fetch(`${s3}/uploads/in/nobody/a%0Aerror%20FAKE%1B%5B31m.txt`, { method: 'PUT', body: 'x' });
  await expect.poll(stdout, { timeout: 30_000 }).toMatch(/^done in\/sentiment\/a+\/b+\.txt 1 rows/m);
  await expect
    .poll(stdout, { timeout: 30_000 })
    .toContain('gave up on in/nobody/a\\nerror FAKE\\x1b[31m.txt: ');
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

const ways = [
  { args: [], folders: 1 },
  { args: ['--lambda', '--concurrency', '4'], folders: 0 },
];
it.each(sampled(ways, { short: 1 }))(
  'clients that keep their connections lose no request, and no folder stays behind: $args',
  async ({ args, folders }) => {
    const service = await start(...args);
    expect(uploads()).toHaveLength(folders);
    const agent = new Agent({ keepAlive: true });
    const answers: number[] = [];
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        const body = JSON.stringify({ inputs: 'I love this' });
        const asked = request(`${service.url}/models/sentiment`, { method: 'POST', agent }, (response) => {
          answers.push(response.statusCode ?? 0);
          response.resume().on('end', () => resolve(''));
        });
        asked.on('error', reject).end(body);
      }).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
    const client = async (): Promise<string> => {
      for (;;) {
        const failure = await ask();
        if (failure !== '') return failure;
      }
    };
    const clients = Array.from({ length: 4 }, client);
    await expect.poll(() => answers.length, { timeout: 30_000 }).toBeGreaterThan(24);
    expect(await service.end('SIGTERM')).toBe(0);
    // Nobody listens any more: that is the only way in which a request may fail.
    expect(new Set(await Promise.all(clients))).toEqual(new Set(['ECONNREFUSED']));
    expect(new Set(answers)).toEqual(new Set([200]));
    agent.destroy();
    expect(uploads()).toEqual([]);
  },
);

it.each(sampled(['SIGTERM', 'SIGINT'] as const, { short: 1 }))(
  'a second %s ends it at once, without its folder',
  async (signal) => {
    const service = await start();
    const { hostname, port } = new URL(service.url);
    const held = connect(Number(port), hostname).on('error', () => {});
    held.write('POST /models/sentiment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{');
    await once(held, 'connect');
    await pause(200);
    const first = service.end(signal);
    await pause(1000);
    const begin = performance.now();
    await Promise.all([first, service.end(signal)]);
    expect(performance.now() - begin).toBeLessThan(10_000);
    await expect.poll(uploads).toEqual([]);
  },
);

it('a kill leaves no folder behind, either', async () => {
  const service = await start();
  expect(uploads()).toHaveLength(1);
  await service.end('SIGKILL');
  await expect.poll(uploads, { timeout: 10_000 }).toEqual([]);
});

it('goes on without those who read its output', async () => {
  const service = await start();
  service.stopReading();
  for (let i = 0; i < 5; i++) {
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    await pause(50);
  }
  expect(await service.end('SIGTERM')).toBe(0);
});

it.each([
  ['start', '--port', '0', '--model', 'sentiment'],
  ['models', 'verify', 'sentiment'],
])('says in one line that the temporary folder is not there: %s %s', async (...command) => {
  const { code, stderr } = await run(node('cli/src/main.ts', ...command), { env: { TMPDIR: '/nope' } });
  const last = stderr.trimEnd().split('\n').at(-1);
  expect([code, last]).toEqual([
    1,
    expect.stringMatching(/^error NO_TEMPORARY_FOLDER: .*\/nope.*Set TMPDIR/),
  ]);
});
