import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bash, node, run, type Service, startService } from './command.ts';
import { runHere } from './command-here.ts';
import { copyOfPackages, corruptWeights } from './packages.ts';

const START = ['cli/src/main.ts', 'start'] as const;

describe('npm start -- --lambda', () => {
  let service: Service;
  beforeAll(async () => {
    const command = [
      'npm',
      'start',
      '--',
      '--lambda',
      '--model',
      'sentiment',
      '--concurrency',
      '2',
      '--port',
      '0',
    ];
    service = await startService(command);
  });
  afterAll(() => service.end('SIGKILL').catch(() => {}));

  test('serves through the built function, and prints where its models are and what its cold start took', () => {
    expect(service.stdout()).toMatch(
      /^Function predict: 1769 MB, 29 s; Invoke API: AWS_ENDPOINT_URL_LAMBDA=http:/m,
    );
    expect(service.stdout()).toMatch(/^sentiment@1\.0\.1 int8 +\d\.\d MB +layer 1$/m);
    for (const phase of ['process', 'import and models', '  sentiment', 'init phase']) {
      expect(service.stdout()).toMatch(new RegExp(`^${phase} +\\d+ ms$`, 'm'));
    }
  });

  test('prints a curl line that answers from the warm environment', async () => {
    const [line = ''] = service.stdout().match(/curl .*/) ?? [];
    const { stdout } = await bash(line.replace('curl', 'curl --silent --fail'));
    expect(JSON.parse(stdout)).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
    await expect
      .poll(() => service.stdout())
      .toMatch(/^200 POST \/models\/sentiment \d+\.\d ms environment 1\n(?! +cold start)/m);
  });

  test('prints a cold start with its phases where a request found every environment busy', async () => {
    const inputs = Array.from({ length: 256 }, (_, i) => `I love this film, number ${i} `.repeat(24));
    const long = fetch(`${service.url}/models/sentiment`, {
      method: 'POST',
      body: JSON.stringify({ inputs }),
    });
    await new Promise((done) => setTimeout(done, 50));
    const short = await fetch(`${service.url}/models`);
    expect([(await long).status, short.status]).toEqual([200, 200]);
    await expect
      .poll(() => service.stdout())
      .toMatch(
        /environment 2\n +cold start: init \d+ ms process \d+ ms, import and models \d+ ms \(sentiment \d+ ms\), request \d+ ms/,
      );
  });

  test('ends with 0 on Ctrl-C', async () => {
    expect(await service.end('SIGINT')).toBe(0);
  });
});

describe('npm start -- --web', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(['npm', 'start', '--', '--web', '--model', 'sentiment', '--port', '0']);
  });
  afterAll(() => service.end('SIGKILL').catch(() => {}));

  test('serves from zero through the built web function, and says which environment answered', async () => {
    expect(service.stdout()).toMatch(
      /^Web function: package of \d+\.\d MB, of 536\.9 MB that Lambda takes$/m,
    );
    const [line = ''] = service.stdout().match(/curl .*/) ?? [];
    const { stdout } = await bash(line.replace('curl', 'curl --silent --fail'));
    expect(JSON.parse(stdout)).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
    await expect
      .poll(() => service.stdout())
      .toMatch(/^200 POST \/models\/sentiment \d+\.\d ms environment 1$/m);
  });

  test('ends with 0 on Ctrl-C', async () => {
    expect(await service.end('SIGINT')).toBe(0);
  });
});

test.each([
  [['--lambda', '--memory', '64'], '--memory takes a whole number from 128 to 10240, not "64".'],
  [['--idle', '5'], '--idle is for --lambda or --web.'],
  [['--web', '--memory', '512'], '--memory is for --lambda.'],
  [['--lambda', '--per-environment', '8'], '--per-environment is for --web.'],
  [['--web', '--per-environment', '129'], '--per-environment takes a whole number from 1 to 128, not "129".'],
  [['--web', '--lambda'], '--lambda and --web are two ways of serving.'],
])('npm start refuses %j in one line', async (args, message) => {
  const { code, stdout, stderr } = await runHere(['start', ...args]);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});

test('a package that a deployment would refuse is refused before anything starts', async () => {
  const packages = copyOfPackages();
  corruptWeights(packages, 'intent');
  const { code, stderr } = await run(node(...START, '--lambda', '--packages', packages));
  rmSync(packages, { recursive: true });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error PACKAGE_CORRUPT: Model intent@1\.0\.1 is refused: the sha256 of .* differs from the manifest.*\n$/,
  );
});
