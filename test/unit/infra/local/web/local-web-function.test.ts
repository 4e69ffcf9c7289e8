import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalWebFunction, type LogLine, type WebExchange, type WebFunction } from '@pilotlight/local';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { temporaryFolder } from '../../../toolchain/temporary-folder.ts';

const folder = join(temporaryFolder(), 'function');
mkdirSync(folder);
copyFileSync(join(import.meta.dirname, 'server.mjs'), join(folder, 'server.mjs'));

let web: LocalWebFunction;
let url = '';
let log: LogLine[] = [];
let exchanges: WebExchange[] = [];

const started: LocalWebFunction[] = [];
afterEach(() => Promise.all(started.splice(0).map((each) => each.close())));

async function start(settings: Partial<WebFunction> = {}): Promise<void> {
  log = [];
  exchanges = [];
  web = new LocalWebFunction(
    { name: 'server', folder, entryPoint: 'server.mjs', ...settings },
    { log: (line) => log.push(line), answered: (exchange) => exchanges.push(exchange) },
  );
  started.push(web);
  url = await web.serve();
}

const get = async (path: string) => (await fetch(url + path)).json();
const getNumber = async (path: string) => z.number().parse(await get(path));
const textsSchema = z.record(z.string(), z.string());
const toldSchema = z.object({ url: z.string(), body: z.string(), headers: textsSchema });
const statuses = (paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await fetch(url + path)).status));
const times = (count: number, path: string) => Array.from({ length: count }, () => path);
const logged = () => log.map(({ text }) => text).join('\n');

/** Asks as `fetch` cannot. */
function ask(
  options: Parameters<typeof request>[1],
  body = '',
): Promise<[number | undefined, string | undefined]> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      response.resume();
      const type = response.headers['lambda-web-error-type'];
      response.once('end', () => resolve([response.statusCode, type?.toString()]));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

describe('a local web function scales', () => {
  test('from zero to one environment for as many requests as it may have at once', async () => {
    await start({ maxConcurrencyPerEnvironment: 64 });
    expect(web.environments()).toEqual([]);
    const pids = await Promise.all(times(64, '/pid?ms=200').map(getNumber));
    expect(new Set(pids).size).toBe(1);
    expect(web.usage()).toMatchObject([{ requests: 64 }]);
  });

  test('out by the requests that an environment has no room for, which wait for the next one', async () => {
    await start({ maxConcurrencyPerEnvironment: 4 });
    const pids: number[] = await Promise.all(times(10, '/pid?ms=300').map(getNumber));
    const counts = [...new Set(pids)].map((pid) => pids.filter((other) => other === pid).length);
    expect(counts.sort()).toEqual([2, 4, 4]);
  });

  test('no further than its most environments: what finds them full is refused at once', async () => {
    await start({ maxConcurrencyPerEnvironment: 2, maxEnvironments: 2 });
    const codes = await statuses(times(5, '/?ms=300'));
    expect(codes.toSorted()).toEqual([200, 200, 200, 200, 429]);
    expect(exchanges.find(({ status }) => status === 429)?.environment).toBeUndefined();
  });

  test('to the environment that has the fewest requests', async () => {
    await start({ maxConcurrencyPerEnvironment: 2 });
    await Promise.all(times(4, '/pid?ms=200').map(getNumber));
    const pids: number[] = await Promise.all(times(2, '/pid?ms=200').map(getNumber));
    expect(new Set(pids).size).toBe(2);
  });

  test('to zero once its environments rest, and from there again', async () => {
    await start({ idleSeconds: 0.2 });
    const first = await get('/pid');
    await expect.poll(() => web.environments()).toEqual([]);
    expect(logged()).toMatch(/cleaned up/);
    expect(await get('/pid')).not.toBe(first);
    expect(web.usage()).toMatchObject([{ requests: 1 }, { requests: 1 }]);
  });
});

describe('an environment of a local web function', () => {
  test('stands still between requests, and goes on with the next one', async () => {
    await start();
    await get('/ticks');
    expect(web.environments()).toMatchObject([{ inFlight: 0, isFrozen: true }]);
    const before = await getNumber('/ticks');
    await pause(500);
    const after = await getNumber('/ticks');
    expect(after - before).toBeLessThan(20);
  });

  test('runs on between requests where it is told to', async () => {
    await start({ freezes: false });
    const before = await getNumber('/ticks');
    await pause(500);
    const after = await getNumber('/ticks');
    expect(after - before).toBeGreaterThan(20);
  });

  test('has the variables of Lambda and its own, and no other of this machine', async () => {
    await start({ environment: { MODELS: '/var/task/models', CACHE: '/tmp/cache' } });
    const environment = textsSchema.parse(await get('/environment'));
    expect(environment).toMatchObject({
      AWS_LAMBDA_INITIALIZATION_TYPE: 'native-http',
      AWS_LAMBDA_NODEJS_ENTRYPOINT: 'server.mjs',
      MODELS: `${environment.LAMBDA_TASK_ROOT}/models`,
      CACHE: `${environment.TMPDIR}/cache`,
    });
    for (const name of ['HOME', 'PORT', 'AWS_LAMBDA_FUNCTION_NAME', '_X_AMZN_TRACE_ID'])
      expect(environment).not.toHaveProperty(name);
  });

  test('that does not listen in time is ended, and the requests that wait for it are refused', async () => {
    await start({ initSeconds: 0.3, environment: { LISTENS_AFTER_MS: '5000' } });
    expect(await ask({ path: '/' })).toEqual([500, 'Runtime.InitError']);
    expect(logged()).toMatch(/"platform.initReport".*"failure"/);
    await expect.poll(() => web.environments()).toEqual([]);
  });

  test('that is still starting when the function is closed is not waited for', async () => {
    await start({ environment: { LISTENS_AFTER_MS: '8000' } });
    const refused = ask({ path: '/' });
    await expect.poll(() => web.environments()[0]?.pid).toBeGreaterThan(0);
    const begin = performance.now();
    await web.scaleToZero();
    expect(performance.now() - begin).toBeLessThan(4000);
    expect(await refused).toEqual([500, 'Runtime.InitError']);
  });

  test('that exits while it has a request is replaced by the next', async () => {
    await start();
    expect(await ask({ path: '/exit' })).toEqual([502, 'Runtime.ExitError']);
    expect(await statuses(['/'])).toEqual([200]);
    expect(web.usage()).toHaveLength(2);
  });

  test('that does not end on SIGTERM is killed a second later', async () => {
    await start({ environment: { DEAF: 'yes' } });
    await get('/');
    const begin = performance.now();
    await web.scaleToZero();
    expect(performance.now() - begin).toBeGreaterThan(950);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(logged()).toMatch(/deaf[\s\S]*"platform.spinDownReport".*"timeout"/);
  });

  test('keeps its other requests when one takes too long', async () => {
    await start({ timeoutSeconds: 0.5 });
    await get('/');
    const slow = ask({ path: '/?ms=3000' });
    expect(await statuses(['/?ms=300'])).toEqual([200]);
    expect(await slow).toEqual([504, 'Runtime.RequestTimeout']);
    expect(web.usage()).toHaveLength(1);
  });

  test.runIf(process.platform === 'linux')('is billed for the time that its threads have run', async () => {
    await start();
    await get('/?ms=500');
    const [usage] = web.usage();
    expect(usage?.cpuMs).toBeGreaterThan(0);
    expect(usage?.lifeMs).toBeGreaterThan(500);
    expect(usage?.cpuMs).toBeLessThan(usage?.lifeMs ?? 0);
  });
});

test('a local web function that is closed twice at once is closed once', async () => {
  await start();
  await get('/');
  await expect(Promise.all([web.close(), web.close()])).resolves.toHaveLength(2);
});

test('a local web function whose package is not there leaves nothing behind', () => {
  const folders = temporaryFolder();
  vi.stubEnv('TMPDIR', folders);
  expect(() => new LocalWebFunction({ name: 'none', folder: join(folder, 'none') })).toThrow('ENOENT');
  vi.unstubAllEnvs();
  expect(readdirSync(folders)).toEqual([]);
});

describe('the endpoint of a local web function', () => {
  test('gives a request an id and the address of its client, and takes away what only Lambda may say', async () => {
    await start();
    const headers = { 'lambda-web-request-id': 'mine', 'x-real-ip': '1.2.3.4', 'x-api-key': 'k' };
    const response = await fetch(`${url}/path?a=b`, { method: 'POST', body: 'text', headers });
    const told = toldSchema.parse(await response.json());
    expect(told).toMatchObject({ url: '/path?a=b', body: 'text', headers: { 'x-api-key': 'k' } });
    expect(told.headers['x-real-ip']).toBeUndefined();
    expect(told.headers['x-forwarded-for']).toBe('127.0.0.1');
    const id = response.headers.get('lambda-web-request-id');
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(told.headers['lambda-web-request-id']).toBe(id);
    expect(response.headers.get('lambda-web-logstream')).toBe(web.environments()[0]?.id);
  });

  test('passes an answer on as it comes', async () => {
    await start();
    await get('/');
    const { body } = await fetch(`${url}/pieces`);
    const pieces: string[] = [];
    for await (const piece of body ?? []) pieces.push(Buffer.from(piece).toString());
    expect(pieces).toEqual(['first', ' second']);
  });

  test('takes no more requests in a second than its rate limit, and none where that is 0', async () => {
    await start({ rateLimit: 3 });
    // An environment that starts may take more than the second.
    expect(await statuses(['/'])).toEqual([200]);
    await pause(1000);
    expect((await statuses(times(5, '/'))).toSorted()).toEqual([200, 200, 200, 429, 429]);
    await pause(1000);
    expect(await statuses(['/'])).toEqual([200]);
    await start({ rateLimit: 0 });
    expect(await ask({ path: '/' })).toEqual([429, 'Endpoint.RateLimit']);
  });

  test.each([
    [{ method: 'TRACE' }, 400, 'Endpoint.UnsupportedMethod'],
    [{ method: 'POST', headers: { expect: '100-continue' } }, 417, 'Endpoint.UnsupportedExpectation'],
    [{ headers: { origin: 'http://evil.example' } }, 403, 'Endpoint.Forbidden'],
  ])('refuses %j before an environment is started', async (options, status, type) => {
    await start();
    expect(await ask(options)).toEqual([status, type]);
    expect(web.environments()).toEqual([]);
  });
});
