/** `pilotlight models verify --function`: the predict function, built and in local Lambda, runs its goldens when it is asked to. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { node, run } from './command.ts';
import { copyOfPackages, PACKAGES } from './packages.ts';
import { tamperWithGolden } from './tampered-golden.ts';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function';
let packages: string;
let lambda: LocalLambda;
beforeAll(async () => {
  packages = copyOfPackages();
  tamperWithGolden(packages);
  const predict = await builtPredict([describePackage(PACKAGES, { name: 'sentiment' })]);
  const drifted = await builtPredict([describePackage(packages, { name: 'sentiment' })]);
  lambda = await LocalLambda.start({ functions: [predict, { ...drifted, name: 'drifted' }] });
});
afterAll(async () => {
  await lambda.close();
  rmSync(packages, { recursive: true });
});

const verify = (...args: readonly string[]) =>
  run(node('cli/src/main.ts', 'models', 'verify', ...args), {
    env: { AWS_ENDPOINT_URL_LAMBDA: lambda.url, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
  });

test('a function that answers as its goldens say is proven, and named with its models', async () => {
  const { code, stdout, stderr } = await verify('sentiment', '--function', `${ARN}:predict:live`);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(
    /^arn:\S+:predict:live: proven by \d{2,} goldens of sentiment@1\.0\.1; the largest deviation is 0\.\d+ of what is tolerated\n$/,
  );
});

test('one that drifts fails the command, with the line of the golden; the others are proven beside', async () => {
  const { code, stdout } = await verify('--function', `${ARN}:predict:live,${ARN}:drifted:live`);
  expect(code).toBe(1);
  expect(stdout).toMatch(/predict:live: proven by/);
  expect(stdout).toMatch(
    /drifted:live: sentiment@1\.0\.1, line 7 of its goldens: An answer of the version deviates.*: \d+(\.\d)? of what is tolerated\n/,
  );
});

test('a model that is in none of the functions fails it, and so does a function that is not there', async () => {
  const without = await verify('intent', '--function', `${ARN}:predict:live`, '--json');
  expect(without.code).toBe(1);
  expect(JSON.parse(without.stdout)).toMatchObject({
    missing: ['intent'],
    verdicts: [{ faults: [], models: ['sentiment@1.0.1'] }],
  });
  const absent = await verify('--function', `${ARN}:absent:live`);
  expect(absent.code).toBe(1);
  expect(absent.stdout).toMatch(/absent:live: The version cannot be checked: ResourceNotFoundException/);
});

test('what is no alias or version is refused before anything is invoked', async () => {
  const { code, stderr } = await verify('--function', `${ARN}:predict`);
  expect(code).toBe(2);
  expect(stderr).toContain('--function takes the ARN of an alias or a version');
});
