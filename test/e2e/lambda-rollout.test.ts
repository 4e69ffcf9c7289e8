/** The built predict function, which follows a registry after its answers, in local Lambda. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { REGISTRY, TestRegistry } from '../fixtures/registry.ts';
import { CREDENTIALS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { PACKAGES } from './packages.ts';

let scratch: string;
let s3: S3Server;
let registry: TestRegistry;
let lambda: LocalLambda;
const logged: string[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pilotlight-lambda-rollout-'));
  s3 = await startS3(join(scratch, 's3'));
  registry = new TestRegistry(s3);
  await registry.push('1.1.0');
  await registry.promote('1.1.0');
  const predict = await builtPredict([describePackage(PACKAGES, { name: 'sentiment' })], {
    environment: {
      PILOTLIGHT_REGISTRY: REGISTRY,
      PILOTLIGHT_REGISTRY_MODELS: 'sentiment',
      PILOTLIGHT_REGISTRY_POLL_SECONDS: '1',
      PILOTLIGHT_REMOTE_FOLDER: join(scratch, 'fetched'),
      AWS_ENDPOINT_URL_S3: s3.url,
      ...CREDENTIALS,
    },
  });
  lambda = await LocalLambda.start({ functions: [predict], log: ({ text }) => logged.push(text) });
});
afterAll(async () => {
  await lambda.close();
  await s3.close();
  rmSync(scratch, { recursive: true, force: true });
});

const event = readFileSync('test/fixtures/events/predict.json', 'utf8');
async function ask() {
  const outcome = await lambda.invoke({ functionName: 'predict:live', payload: event });
  const { statusCode, headers } = JSON.parse(outcome.payload.toString());
  return { statusCode, version: headers['x-pilotlight-version'], environment: outcome.environment };
}
const isFree = () =>
  expect.poll(() => lambda.environments('predict').some(({ busy }) => busy), { timeout: 20_000 }).toBe(false);

test('an environment starts with the version that prod means, and not with the one that was deployed', async () => {
  expect(await ask()).toMatchObject({ statusCode: 200, version: '1.1.0' });
  await isFree();
});

test('a promotion is served by the environment that is there, from a request on that none waited for', async () => {
  const { environment } = await ask();
  await isFree();
  await registry.push('1.2.0');
  await registry.promote('1.2.0');
  await registry.promote('1.2.0', 'shadow', 1);
  await new Promise((done) => setTimeout(done, 1000));
  expect(await ask()).toMatchObject({ statusCode: 200, version: '1.1.0', environment });
  await isFree();
  expect(await ask()).toMatchObject({ statusCode: 200, version: '1.2.0', environment });
  await isFree();
});

test('a shadow reads a call after its answer, and is told of in the log', async () => {
  await registry.push('1.3.0', 'labels');
  await registry.promote('1.3.0', 'shadow', 1);
  await new Promise((done) => setTimeout(done, 1000));
  await ask();
  await isFree();
  expect((await ask()).version).toBe('1.2.0');
  await isFree();
  expect(logged.join('\n')).toMatch(
    /"ShadowDiffering":1.*"modelVersion":"1.3.0"|"modelVersion":"1.3.0".*"ShadowDiffering":1/,
  );
});

test('a version that does not answer its goldens is refused, in the log and in a metric', async () => {
  await registry.push('1.4.0', 'goldens');
  await registry.promote('1.4.0');
  await new Promise((done) => setTimeout(done, 1000));
  await ask();
  await isFree();
  expect((await ask()).version).toBe('1.2.0');
  await isFree();
  expect(logged.join('\n')).toContain('"RefusedVersions":1');
});
