/** The revision gate in front of a real web function: the server as Lambda starts it, with its default models. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Logger } from '@aws-lambda-powertools/logger';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHandler } from '../../functions/revision-gate/create-handler.ts';
import { node, userEnvironment } from './command.ts';

const PACKAGES = resolve('model-assets/packages');
/** Without the first line, which is about the file. */
const goldens =
  readFileSync(`${PACKAGES}/sentiment/1.0.1/goldens.jsonl`, 'utf8').trim().split('\n').length - 1;

let environment: ChildProcess;
let address: string;

beforeAll(async () => {
  const socket = createSocket().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  address = `127.0.0.1:${(socket.address() as AddressInfo).port}`;
  socket.close();
  const [file = '', ...args] = node('functions/web/web.ts');
  environment = spawn(file, args, {
    env: userEnvironment({
      AWS_LAMBDA_HTTP_ENDPOINT: address,
      PILOTLIGHT_MODELS_DIR: PACKAGES,
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment@1.0.1',
    }),
    stdio: 'ignore',
  });
});
afterAll(async () => {
  environment.kill('SIGTERM');
  await once(environment, 'exit');
});

/** What CloudFormation is told of a revision that serves `models` models. */
async function check(models: number): Promise<{ Status: string; Reason?: string }> {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  const { promise: told, resolve: tell } = Promise.withResolvers<string>();
  const cloudFormation = createServer((request, response) => {
    void text(request).then(tell);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(cloudFormation, 'listening');
  const handler = createHandler({
    ask: (url, signal) => fetch(`http://${address}${url.pathname}`, { signal }),
    logger: new Logger({ logLevel: 'SILENT' }),
    pauseMs: 200,
  });
  await handler(
    {
      RequestType: 'Create',
      ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Goldens',
      ResourceProperties: {
        Domain: 'preview.example',
        RevisionId: 'rev-1',
        Models: String(models),
        ToleratedDrift: '1',
      },
    },
    { getRemainingTimeInMillis: () => 90_000 },
  );
  cloudFormation.close();
  vi.unstubAllEnvs();
  return JSON.parse(await told);
}

test('a revision that starts meanwhile is let through once all goldens of its model are right', async () => {
  expect(await check(1)).toMatchObject({ Status: 'SUCCESS' });
  const report = await (await fetch(`http://${address}/goldens`)).json();
  expect(report).toMatchObject({ models: 1, goldens, problems: 0 });
});

test('a revision that lacks a model is stopped', async () => {
  expect(await check(2)).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('Of 2 models of the new revision, 1 could be checked'),
  });
});
