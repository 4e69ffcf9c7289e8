import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { BUCKET, CREDENTIALS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { node, run } from './command.ts';
import { DEFAULT_PACKAGES } from './http-service.ts';

const repository = join(import.meta.dirname, '../..');
const PREDICT = join(repository, 'test/fixtures/events/predict.json');
let scratch: string;
let server: S3Server;
let remotePackages: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pilotlight-remote-'));
  server = await startS3(join(scratch, 's3'));
  const folder = join(DEFAULT_PACKAGES, 'sentiment/1.0.1');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const objects: Record<string, string> = {};
  for (const { parentPath, name } of entries) {
    const path = join(parentPath, name);
    objects[path.slice(folder.length + 1)] = `assets/${name}`;
    await server.put(`assets/${name}`, readFileSync(path));
  }
  const manifestSha256 = createHash('sha256')
    .update(readFileSync(join(folder, 'model.json')))
    .digest('hex');
  remotePackages = JSON.stringify({
    bucket: BUCKET,
    packages: [{ name: 'sentiment', version: '1.0.1', manifestSha256, objects }],
  });
  await bundle('predict', join(scratch, 'task'));
  cpSync(join(import.meta.dirname, 'predict-event.mjs'), join(scratch, 'runner.mjs'));
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

/** The bundled function in a process of its own, with an empty layer of models. */
async function answersOf(folder: string, environment: Record<string, string> = {}) {
  const command = node(join(scratch, 'runner.mjs'), join(scratch, 'task/index.mjs'), PREDICT);
  const { stdout, stderr } = await run(command, {
    env: {
      NODE_PATH: join(repository, 'node_modules'),
      PILOTLIGHT_MODELS_DIR: join(scratch, 'nothing'),
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
      PILOTLIGHT_REMOTE_PACKAGES: remotePackages,
      PILOTLIGHT_REMOTE_FOLDER: folder,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_ENDPOINT_URL_S3: server.url,
      ...CREDENTIALS,
      ...environment,
    },
  });
  const results = stdout.split('\n').find((line) => line.startsWith('RESULTS '));
  return { ...JSON.parse(results?.slice('RESULTS '.length) ?? stderr), log: stdout + stderr };
}

it('the bundled predict function serves a model that it fetched in its init phase', async () => {
  const { results } = await answersOf(join(scratch, 'fetched'));
  expect(results[0].statusCode).toBe(200);
  expect(JSON.parse(results[0].body)).toMatchObject([[{ label: 'positive' }, { label: 'negative' }]]);
});

it('the S3 store fetches with the credentials of an address, as Lambda gives them to a function from a snapshot', async () => {
  const tokens: (string | undefined)[] = [];
  const address = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = CREDENTIALS;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const keys = { AccessKeyId: AWS_ACCESS_KEY_ID, SecretAccessKey: AWS_SECRET_ACCESS_KEY, Token: 'token' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...keys, Expiration }));
  }).listen(0, '127.0.0.1');
  await once(address, 'listening');
  const { port } = z.object({ port: z.int() }).parse(address.address());
  const { results } = await answersOf(join(scratch, 'snapshot'), {
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'of this environment',
  }).finally(() => address.close());
  expect(results[0].statusCode).toBe(200);
  expect(tokens).toEqual(['of this environment']);
});

it('without permission it answers 500 and a code, and the log names the object', async () => {
  server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
  const { results, log } = await answersOf(join(scratch, 'denied'));
  expect(results[0].statusCode).toBe(500);
  expect(JSON.parse(results[0].body)).toEqual({
    code: 'PACKAGE_UNAVAILABLE',
    error: 'Model sentiment cannot be served now: its package could not be fetched. The log says why.',
    model: 'sentiment',
    version: '1.0.1',
  });
  expect(log).toContain('s3://models/assets/model.json');
});
