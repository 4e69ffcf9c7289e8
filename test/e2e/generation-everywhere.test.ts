/** A packaged model of random weights streams its texts wherever it is served: the local service, the server, a web function, Lambda. */
import { once } from 'node:events';
import { createFunctionUrl, LocalLambda, LocalWebFunction } from '@pilotlight/local';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { packageGenerator } from '@pilotlight/toolchain';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { builtWeb } from '../../cli/src/start/lambda/serve-web.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { writeLlama } from '../fixtures/generators.ts';
import { sampled } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, startService } from './command.ts';
import { startServer } from './server.ts';

const folder = temporaryFolder();
const packages = `${folder}/packages`;
const MODEL = { name: 'chatter', version: '1.0.0' };

beforeAll(async () => {
  writeLlama(`${folder}/llama`, {});
  await packageGenerator({ source: `${folder}/llama`, packages, ...MODEL, force: false });
});

interface Serving {
  readonly url: string;
  end(): Promise<unknown>;
}

const WAYS: readonly (readonly [name: string, start: () => Promise<Serving>])[] = [
  [
    'npm start',
    async () => {
      const service = await startService(
        node('cli/src/main.ts', 'start', '--packages', packages, '--port', '0', '--quiet'),
      );
      return { url: service.url, end: () => service.end('SIGTERM') };
    },
  ],
  [
    'the server',
    async () => {
      const environment = { PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_SHUTDOWN_GRACE_MS: '400' };
      const server = await startServer(environment);
      return {
        url: server.url,
        end: async () => {
          server.signal('SIGTERM');
          expect(await server.ended).toBe(0);
        },
      };
    },
  ],
  [
    'a web function',
    async () => {
      const { definition } = builtWeb(packages, [MODEL]);
      const web = new LocalWebFunction(definition, { log: () => {} });
      return { url: await web.serve(), end: () => web.close() };
    },
  ],
  [
    'a function URL of Lambda',
    async () => {
      const built = await builtPredict([describePackage(packages, MODEL)], {
        environment: { PILOTLIGHT_RESPONSE_STREAM: 'true' },
      });
      const lambda = await LocalLambda.start({ functions: [built] });
      const server = createFunctionUrl({
        invoke: (request) => lambda.invoke(request),
        functionName: 'predict:live',
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const close = async () => {
        server.close();
        await lambda.close();
      };
      return { url: `http://127.0.0.1:${listeningPort(server)}`, end: close };
    },
  ],
];

// Each builds or starts something of its own.
describe.each(sampled(WAYS, { short: 2 }))('%s', (_, start) => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await start();
  });
  afterAll(() => serving.end());

  test('streams a conversation to the client of OpenAI, in pieces, and the same text at once', async () => {
    const client = new OpenAI({ baseURL: `${serving.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const asked = {
      model: 'chatter',
      messages: [{ role: 'user' as const, content: 'Hello' }],
      max_tokens: 24,
      temperature: 0,
    };
    const whole = await client.chat.completions.create(asked);
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    const pieces: string[] = [];
    for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? '');
    expect(pieces.join('')).toBe(whole.choices[0]?.message.content);
    expect(pieces.length).toBeGreaterThan(5);
    expect(whole.usage?.completion_tokens).toBe(24);
  });

  test('tells a text of TGI token by token, and an error by its status', async () => {
    const ask = (body: object) =>
      fetch(`${serving.url}/models/chatter/generate_stream`, { method: 'POST', body: JSON.stringify(body) });
    const response = await ask({ inputs: 'Hello', parameters: { max_new_tokens: 8, min_new_tokens: 8 } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n').filter((line) => line !== '');
    expect(events).toHaveLength(8);
    expect(JSON.parse(events.at(-1)?.replace('data:', '') ?? '')).toMatchObject({
      index: 8,
      details: { finish_reason: 'length', generated_tokens: 8, input_length: 5 },
    });
    const refused = await ask({ inputs: 'Hello', parameters: { num_beams: 0 } });
    expect([refused.status, await refused.json()]).toEqual([
      422,
      expect.objectContaining({ error_type: 'validation', field: 'parameters.num_beams' }),
    ]);
  });
});
