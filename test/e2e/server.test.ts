import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { node, run } from './command.ts';
import { copyOfPackages } from './packages.ts';
import { type InferenceServer, metricOf, poison, startServer } from './server.ts';

const POISON = 'zealand';

const packages = copyOfPackages();
poison(packages, 'sentiment', POISON);
afterAll(() => rmSync(packages, { recursive: true }));

const start = (environment: Readonly<Record<string, string>> = {}) =>
  startServer({ PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_PRELOAD_MODELS: 'sentiment', ...environment });

const answerSchema = z.array(z.array(z.object({ label: z.string(), score: z.number() })));
const WORDS = 'the plot was thin but I loved every minute of this slow and lovely film'.split(' ');

/** From 1 to some 200 words; the same text for the same number. */
function textOf(number: number): string {
  const length = Math.ceil(Math.exp(((number * 37) % 64) / 12));
  return Array.from({ length }, (_, i) => WORDS[(i * 5 + number) % WORDS.length]).join(' ');
}

/** A text of so many tokens that a request of 32 keeps the session busy until all of a test's requests are under way. */
const LONG = Array.from({ length: 32 }, (_, i) => `${i} ${textOf(19)}`);

function positive(body: unknown): number {
  const [labels = []] = answerSchema.parse(body);
  return labels.find(({ label }) => label === 'positive')?.score ?? Number.NaN;
}

/** The code of the error, or `connected`. */
function tryToConnect(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
}

describe('the server of the container', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await start({
      PILOTLIGHT_MAX_BATCH_TOKENS: '1024',
      PILOTLIGHT_MAX_BATCH_REQUESTS: '16',
      PILOTLIGHT_MAX_INPUTS: '32',
    });
  });
  afterAll(() => server.signal('SIGKILL'));

  test('says of the size of its batches what it was told, whatever the model was tuned to', async () => {
    const info = await fetch(`${server.url}/models/sentiment/info`);
    expect(await info.json()).toMatchObject({ max_batch_tokens: 1024, max_client_batch_size: 32 });
  });

  test('gives 64 clients at once the answers that each gets alone, in fewer batches than requests', async () => {
    const texts = Array.from({ length: 64 }, (_, i) => textOf(i));
    const alone: number[] = [];
    for (const text of texts) alone.push(positive((await server.predict(text)).body));
    const before = metricOf(await server.metrics(), 'te_batch_next_size_count');
    const together = await Promise.all(
      texts.map(async (text) => {
        const answers = [await server.predict(text), await server.predict(text)];
        return answers.map(({ body }) => positive(body));
      }),
    );
    const batches = metricOf(await server.metrics(), 'te_batch_next_size_count') - before;
    expect(together).toEqual(alone.map((score) => [score, score]));
    expect(batches).toBeLessThan(110);
  });

  test('fails only the request that the model cannot be run on, among those that share its batch', async () => {
    const texts = Array.from({ length: 32 }, (_, i) =>
      i % 10 === 3 ? `${POISON} ${i}` : `a fine film ${i}`,
    );
    const answers = await Promise.all(texts.map((text) => server.predict(text)));
    const failed = answers.flatMap(({ status }, i) => (status === 200 ? [] : [i]));
    expect(failed).toEqual([3, 13, 23]);
    expect(answers[3]).toMatchObject({ status: 500, body: { code: 'SESSION_FAILED' } });
    expect((await server.predict('still there')).status).toBe(200);
  });

  test('takes no more inputs of one request than PILOTLIGHT_MAX_INPUTS', async () => {
    const { status, body } = await server.predict(Array.from({ length: 33 }, () => 'a'));
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'TOO_MANY_INPUTS' } });
  });

  test('has the metrics of queue and batches by the names of TEI', async () => {
    const metrics = await server.metrics();
    expect(metrics).toMatch(/^te_queue_size 0$/m);
    expect(metricOf(metrics, 'te_batch_next_size_sum')).toBeGreaterThanOrEqual(64 * 3);
    expect(metricOf(metrics, 'te_batch_next_tokens_sum')).toBeGreaterThan(64 * 3);
    expect(metricOf(metrics, 'te_request_queue_duration_count')).toBeGreaterThanOrEqual(64 * 3);
  });

  test('answers every request that it accepted before SIGTERM, takes no connection more, and exits with 0', async () => {
    const mixed = Array.from({ length: 32 }, (_, i) => textOf(i));
    const accepted = Array.from({ length: 20 }, (_, i) => server.predict(i < 4 ? LONG : mixed));
    // The scrape itself is one of those in flight.
    await server.metricAtLeast('te_requests_in_flight', 21);
    server.signal('SIGTERM');
    await expect.poll(() => server.log()).toContain('"Draining"');
    await expect.poll(() => tryToConnect(Number(new URL(server.url).port))).toBe('ECONNREFUSED');
    const answers = await Promise.all(accepted);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ body }) => answerSchema.parse(body).length)).toEqual(answers.map(() => 32));
    expect(await server.ended).toBe(0);
  });
});

describe('the server of the container at its limits', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await start({ PILOTLIGHT_MAX_CONCURRENT_REQUESTS: '8', PILOTLIGHT_MAX_BATCH_REQUESTS: '1' });
  });
  afterAll(() => server.signal('SIGKILL'));

  test('answers 429 above the limit of requests, with Retry-After, and nothing else', async () => {
    const inputs = Array.from({ length: 8 }, (_, i) => textOf(i));
    const answers = await Promise.all(Array.from({ length: 64 }, () => server.predict(inputs)));
    const refused = answers.filter(({ status }) => status === 429);
    const answered = answers.filter(({ status }) => status === 200);
    expect(answered.length + refused.length).toBe(64);
    expect(answered.length).toBeGreaterThanOrEqual(8);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body).toMatchObject({ code: 'OVERLOADED' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect((await server.predict('again')).status).toBe(200);
  });

  test('ends at once at a second signal, whatever is under way', async () => {
    const cut = Promise.allSettled(Array.from({ length: 8 }, () => server.predict(LONG)));
    await server.metricAtLeast('te_requests_in_flight', 9);
    server.signal('SIGTERM');
    await expect.poll(() => server.log()).toContain('"Draining"');
    server.signal('SIGTERM');
    expect(await server.ended).toBe('SIGTERM');
    expect((await cut).some(({ status }) => status === 'rejected')).toBe(true);
  });
});

test('the server ends with 1 at the end of the grace, where requests are still under way', async () => {
  const server = await start({ PILOTLIGHT_SHUTDOWN_GRACE_MS: '100', PILOTLIGHT_MAX_BATCH_REQUESTS: '1' });
  const cut = Promise.allSettled(Array.from({ length: 16 }, () => server.predict(LONG)));
  await server.metricAtLeast('te_requests_in_flight', 17);
  server.signal('SIGTERM');
  expect(await server.ended).toBe(1);
  expect((await cut).some(({ status }) => status === 'rejected')).toBe(true);
});

test('the server names every variable at fault before it starts anything', async () => {
  const env = { PILOTLIGHT_MAX_BATCH_TOKENS: '0', PILOTLIGHT_MAX_QUEUE_MS: 'soon', PILOTLIGHT_PORT: '70000' };
  const { code, stderr } = await run(node('functions/server/server.ts'), { env });
  expect(code).toBe(1);
  for (const name of Object.keys(env)) expect(stderr).toContain(`${name}: must be`);
});
