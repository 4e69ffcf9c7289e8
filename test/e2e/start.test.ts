import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampled } from '../scale.ts';
import { bash, node, run, type Service, startService } from './command.ts';
import { runHere } from './command-here.ts';
import { serve, workspace } from './http-service.ts';
import { addUnknownKey, copyOfPackages, corruptWeights } from './packages.ts';

const START = ['cli/src/main.ts', 'start'] as const;
const sound = copyOfPackages();
afterAll(() => rmSync(sound, { recursive: true }));
const start = (...args: readonly string[]) =>
  run(node(...START, ...args), { env: { PILOTLIGHT_MODELS_DIR: sound } });
const startHere = (...args: readonly string[]) =>
  runHere(['start', ...args], { PILOTLIGHT_MODELS_DIR: sound });

describe('npm start', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(['npm', 'start', '--', '--port', '0'], {
      env: { PILOTLIGHT_MODELS_DIR: sound },
    });
  });
  afterAll(() => service.end('SIGKILL').catch(() => {}));

  test('prints its address, and every model with version, task, size and cold start', () => {
    expect(service.url).toMatch(/^http:\/\/localhost:\d+$/);
    for (const model of ['sentiment', 'intent']) {
      expect(service.stdout()).toMatch(
        new RegExp(`^${model} +1\\.0\\.1 +text-classification +int8, \\d\\.\\d MB`, 'm'),
      );
      expect(service.stdout()).toMatch(new RegExp(`^${model}( +\\d+ ms){5}$`, 'm'));
    }
    expect(service.stdout()).toMatch(/^slots +1\.1\.1 +token-classification +int8/m);
  });

  test('prints three curl lines, each of which answers when it is copied', async () => {
    const lines = service.stdout().match(/^ +curl .*$/gm) ?? [];
    expect(lines).toHaveLength(3);
    const answers = await Promise.all(
      lines.map((line) => bash(line.replace('curl', 'curl --silent --fail'))),
    );
    const byModel = lines.map((line, i) => [line.split('/').at(-1), JSON.parse(answers[i]?.stdout ?? '')]);
    expect(Object.fromEntries(byModel)).toMatchObject({
      sentiment: [[{ label: 'positive', score: expect.any(Number) }, { label: 'negative' }]],
      intent: [expect.arrayContaining([{ label: expect.any(String), score: expect.any(Number) }])],
      slots: expect.arrayContaining([
        expect.objectContaining({ entity_group: 'artist', word: 'Miles Davis' }),
      ]),
    });
  });

  test('prints one line for each request', async () => {
    await fetch(`${service.url}/models/nobody`, { method: 'POST', body: '{"inputs":"a"}' });
    await expect.poll(() => service.stdout()).toMatch(/^404 predict MODEL_NOT_FOUND \d+\.\d ms$/m);
  });

  test('has metrics of the requests that it served', async () => {
    const metrics = await fetch(`${service.url}/metrics`);
    expect(await metrics.text()).toMatch(/^pilotlight_models_loaded 3$/m);
  });

  test('answers what is under way and exits with 0 on Ctrl-C', async () => {
    const inputs = Array.from({ length: 256 }, (_, i) => `play song ${i} by Miles Davis `.repeat(12));
    const pending = fetch(`${service.url}/models/slots`, {
      method: 'POST',
      body: JSON.stringify({ inputs }),
    });
    await new Promise((done) => setTimeout(done, 200));
    const [response, code] = await Promise.all([pending, service.end('SIGINT')]);
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveLength(256);
    expect(code).toBe(0);
  });
});

describe('npm start beside a container', () => {
  test('hands over to it what only it has', async () => {
    const container = await serve(sound);
    const own = workspace(['sentiment']);
    const service = await startService(
      node(...START, '--port', '0', '--packages', own.packages, '--server', container.url),
    );
    const init = { method: 'POST', body: '{"inputs":"what is my balance"}' };
    const answers = await Promise.all(
      ['sentiment', 'intent'].map((model) => fetch(`${service.url}/models/${model}`, init)),
    );
    const servedBy = answers.map(({ status, headers }) => [status, headers.get('x-pilotlight-served-by')]);
    expect(servedBy).toEqual([
      [200, 'function'],
      [200, 'server'],
    ]);
    expect(service.stdout()).toContain(`Handed over to ${container.url}: `);
    expect(await service.end('SIGTERM')).toBe(0);
    own.remove();
    await container.stop();
  });

  test.each([
    [
      ['--server', 'http://127.0.0.1:1'],
      1,
      /^error SERVER_UNREACHABLE: No server of ours answers at .*server\/server\.ts\n$/,
    ],
    [['--server', 'http://127.0.0.1:1', '--lambda'], 2, /^error USAGE: --server is not for --lambda\./],
  ])('refuses %j in one line', async (args, expected, message) => {
    const { code, stderr } = await startHere(...args);
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });
});

describe('npm start with keys', () => {
  test('answers who has one, within its limits, and tells what it has used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-keys-'));
    const keys = join(folder, 'keys.json');
    const sha256 = createHash('sha256').update('shop-key').digest('hex');
    writeFileSync(keys, JSON.stringify({ shop: { sha256, tokensPerDay: 1 } }));
    const own = workspace(['sentiment']);
    const service = await startService(
      node(...START, '--port', '0', '--packages', own.packages, '--api-keys', keys),
    );
    const ask = async (headers: Record<string, string>) => {
      const init = { method: 'POST', headers, body: '{"inputs":"I love this"}' };
      return (await fetch(`${service.url}/models/sentiment`, init)).status;
    };
    const bearer = { authorization: 'Bearer shop-key' };
    expect([await ask({}), await ask(bearer), await ask(bearer)]).toEqual([401, 200, 429]);
    const usage = await (
      await fetch(`${service.url}/usage`, { headers: { 'x-api-key': 'shop-key' } })
    ).json();
    expect(usage).toMatchObject({ key: 'shop', requests_today: 1, tokens_per_day: { remaining: 0 } });
    expect(await service.end('SIGTERM')).toBe(0);
    own.remove();
    rmSync(folder, { recursive: true });
  });

  test.each([
    [
      ['--api-keys', 'none.json'],
      1,
      /^error FILE_UNREADABLE: none\.json does not exist or cannot be read\.\n$/,
    ],
    [
      ['--api-keys', 'package.json'],
      1,
      /^error API_KEYS_INVALID: The secret of the API keys must be a JSON object/,
    ],
    [['--api-keys', 'keys.json', '--lambda'], 2, /^error USAGE: --api-keys is not for --lambda\./],
  ])('refuses %j in one line', async (args, expected, message) => {
    const { code, stderr } = await startHere(...args);
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });
});

describe('npm start with something broken', () => {
  let packages: string;
  beforeAll(() => {
    packages = copyOfPackages();
    corruptWeights(packages, 'sentiment');
    addUnknownKey(packages, 'slots');
  });
  afterAll(() => rmSync(packages, { recursive: true }));

  test('reports a broken package by name and serves the others', async () => {
    const service = await startService(node(...START, '--port', '0', '--packages', packages));
    const ask = (model: string) =>
      fetch(`${service.url}/models/${model}`, { method: 'POST', body: '{"inputs":"what is my balance"}' });
    const [good, corrupt, unknown] = await Promise.all(['intent', 'sentiment', 'slots'].map(ask));
    expect(good?.status).toBe(200);
    expect(await corrupt?.json()).toMatchObject({ code: 'PACKAGE_CORRUPT' });
    expect(await unknown?.json()).toMatchObject({ code: 'PACKAGE_INVALID' });
    expect(service.stdout()).toMatch(/^sentiment .* refused$/m);
    expect(service.stdout()).toMatch(/^slots .* refused$/m);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  test('says in one line which package is broken and exits with 1 where it was asked for by name', async () => {
    const { code, stdout, stderr } = await start('--model', 'sentiment', '--packages', packages);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^error PACKAGE_CORRUPT: Model sentiment@1\.0\.1 is refused: the sha256 of .*\.\n$/,
    );
  });

  test('says in one line that a port is in use, and names another', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const address = occupant.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stderr } = await start('--port', String(port), '--model', 'intent');
    occupant.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error PORT_UNAVAILABLE: Port \d+ is in use by another process\. Choose another: pilotlight start --port \d+\n$/,
    );
  });

  const refused = [
    [['--prot', '1'], "There is no option '--prot'; did you mean '--port'?"],
    [['--port', 'http'], '--port takes a whole number from 0 to 65535, not "http".'],
    [['--port'], '--port'],
    [['sentiment'], '"sentiment" is not an option.'],
    [['--model', 'sentimant'], 'There is no model "sentimant"; did you mean sentiment?'],
    [['--model', 'sentiment@9.9.9'], 'There is no model "sentiment@9.9.9"'],
  ] as const;
  test.each(refused)('refuses %j in one line and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await startHere(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  const kept = [
    ['npm', 'start', '--port=9000'],
    ['npm', 'run', 'predict', '--model', 'sentiment', 'I love this'],
  ];
  test.each(sampled(kept, { short: 1 }))(
    'says where options go when %s %s %s is run without "--"',
    async (...command) => {
      const { code, stderr } = await run(command);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^error USAGE: npm kept --(port|model) to itself: write "--" before the options\./m,
      );
    },
  );

  test('names the environment variable that is not valid', async () => {
    const { code, stderr } = await run(node(...START), { env: { PILOTLIGHT_VERIFY: 'md5' } });
    expect(code).toBe(2);
    expect(stderr).toContain('PILOTLIGHT_VERIFY: must be sha256 or size');
  });

  test('says where it looked when there is no package', async () => {
    const { code, stderr } = await start('--packages', '/nowhere');
    expect(code).toBe(1);
    expect(stderr).toContain('There is no model package in /nowhere.');
  });

  test('explains its options with examples', async () => {
    const { code, stdout } = await startHere('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('pilotlight start --model sentiment --port 9000');
  });
});
