/**
 * The predict function before AWS's own Runtime API and Extensions API: its runtime interface emulator, where
 * PILOTLIGHT_RUNTIME_EMULATOR names the program. With Go:
 * `go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest`. It freezes nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { BOOTSTRAP } from '../../infra/local/src/lambda/runtime/runtime-process.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { V2 } from '../fixtures/events/lambda-events.ts';
import { type OtlpCollector, startOtlpCollector } from '../fixtures/otlp-collector.ts';
import { PACKAGES } from './packages.ts';

const emulator = process.env.PILOTLIGHT_RUNTIME_EMULATOR;
const client = process.env.PILOTLIGHT_RUNTIME_CLIENT;

let running: ChildProcess | undefined;
let collector: OtlpCollector | undefined;
afterEach(async () => {
  collector?.close();
  if (running?.exitCode === null) {
    running.kill('SIGKILL');
    await once(running, 'exit');
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(environment: Readonly<Record<string, string>>) {
  const {
    taskRoot,
    layers = [],
    environment: own,
  } = await builtPredict([describePackage(PACKAGES, { name: 'sentiment' })]);
  const [runtimeLayer = '', modelLayer = ''] = layers.map((layer) => resolve(layer));
  const [port, api] = [await freePort(), await freePort()];
  const log: string[] = [];
  running = spawn(
    emulator ?? '',
    [
      ...[
        '--runtime-interface-emulator-address',
        `127.0.0.1:${port}`,
        '--runtime-api-address',
        `127.0.0.1:${api}`,
      ],
      ...[process.execPath, client ? join(client, 'index.mjs') : BOOTSTRAP, 'index.handler'],
    ],
    {
      cwd: taskRoot,
      env: {
        ...own,
        PILOTLIGHT_MODELS_DIR: join(modelLayer, 'models'),
        NODE_PATH: join(runtimeLayer, 'nodejs/node_modules'),
        LAMBDA_TASK_ROOT: resolve(taskRoot),
        _HANDLER: 'index.handler',
        AWS_LAMBDA_FUNCTION_NAME: 'predict',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        AWS_REGION: 'eu-central-1',
        ...environment,
      },
    },
  );
  for (const stream of [running.stdout, running.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => log.push(text));
  }
  const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
  const invoke = async (event: unknown): Promise<unknown> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
    return response.json();
  };
  const listening = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  await expect.poll(listening, { timeout: 10_000 }).toBe(true);
  return { invoke, log };
}

describe.skipIf(emulator === undefined)(
  'with the runtime interface emulator of AWS, the predict function',
  () => {
    test('answers HTTP, fails what is not, and has no extension where it needs none', async () => {
      const { invoke, log } = await start({});
      expect(await invoke(V2)).toMatchObject({ statusCode: 200 });
      expect(await invoke({ Records: [] })).toMatchObject({ errorType: 'EventError' });
      expect(log.join('')).not.toContain('/extension/register');
    });

    /** The emulator passes an answer on when the invocation is over, for which it waits for extensions; Lambda passes it on before. */
    test('registers as an extension, and has sent its traces when the invocation is over', async () => {
      collector = await startOtlpCollector({ delayMs: 300 });
      const { invoke } = await start({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      });
      for (const posts of [1, 2]) {
        expect(await invoke(V2)).toMatchObject({ statusCode: 200 });
        expect(collector.posts).toHaveLength(posts);
      }
    });

    test('writes the metrics that it held back when it is told to end', async () => {
      const { invoke, log } = await start({ PILOTLIGHT_REQUEST_METRICS: 'minute' });
      for (let n = 0; n < 4; n++) await invoke(V2);
      running?.kill('SIGTERM');
      await expect.poll(() => log.join(''), { timeout: 5000 }).toMatch(/"Requests":3/);
    });
  },
);
