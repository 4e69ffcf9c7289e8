/** The app of a function that has the model `sentiment`, beside a server that has `vectors` and `slots`, too. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ServerError } from '../../../functions/app/src/hand-over/errors.ts';
import { ServerHandOver } from '../../../functions/app/src/hand-over/server-hand-over.ts';
import type { HandOver, HandOverOutcome } from '../../../functions/app/src/serve/hand-over-port.ts';
import type { AppOptions, Exchange, Telemetry } from '../../../functions/app/src/serve/ports.ts';
import { PrometheusMetrics } from '../../../functions/app/src/telemetry/prometheus.ts';
import { fakeApp, fakeEngine, post, postJson, preparing, silent } from './fake-engine.ts';
import { type FakeJobs, fakeJobs } from './hand-over-to-server/fake-jobs.ts';

interface World {
  /** Milliseconds that every prediction of the function is estimated at. */
  readonly estimate?: number;
  readonly down?: boolean;
  readonly jobs?: FakeJobs;
  readonly models?: Record<string, 'job' | 'cpu'>;
  readonly options?: Partial<AppOptions>;
}

const LIMIT = 1000;

function functionBesideServer({ estimate = 0, down = false, jobs, models, options }: World = {}) {
  const server = fakeApp();
  const forwarded: { path: string; body: string }[] = [];
  const handOver = new ServerHandOver({
    settings: {
      url: 'http://gpu',
      models: models ?? { vectors: 'job', slots: 'cpu', sentiment: 'job' },
      maxInferMs: LIMIT,
      deadlineMs: 25_000,
      failuresToOpen: 3,
      coolDownMs: 10_000,
    },
    client: {
      send: async ({ path, method, body, headers }) => {
        if (down) throw new ServerError('SERVER_ABSENT', 'There is none.');
        const sent = body === undefined ? undefined : Buffer.from(body);
        forwarded.push({ path, body: sent?.toString() ?? '' });
        const type = headers.get('content-type');
        return server.request(path, {
          method,
          ...(sent && { body: sent }),
          headers: type === null ? {} : { 'content-type': type },
        });
      },
      isReady: async () => !down,
    },
    logger: silent,
    ...(jobs && { jobs }),
  });
  const own = fakeEngine({ only: ['sentiment'] });
  const prepared: unknown[] = [];
  const prepare: typeof own.prepare = (...call) => {
    prepared.push(call);
    return preparing(own.predict, estimate)(...call);
  };
  const app = fakeApp({ engine: { ...own, prepare }, handOver, ...(jobs && { jobs }), ...options });
  return { app, forwarded, calls: own.calls, prepared };
}

const text = postJson({ inputs: 'a text' });
const asText = async (response: Response) => [
  response.status,
  response.headers.get('x-pilotlight-served-by'),
];

describe('a model that the function has', () => {
  it('is answered here, and the answer says so', async () => {
    const { app, forwarded } = functionBesideServer();
    const response = await app.request('/models/sentiment', text);
    expect(await asText(response)).toEqual([200, 'function']);
    expect(forwarded).toEqual([]);
  });

  it('says nothing of who answers where there is no server', async () => {
    const response = await fakeApp().request('/models/sentiment', text);
    expect(await asText(response)).toEqual([200, null]);
  });

  it('goes to the server with the bytes that came, where it is too much work', async () => {
    const { app, forwarded } = functionBesideServer({ estimate: LIMIT + 1 });
    const body = '{ "inputs" : "a text" }';
    const response = await app.request('/models/sentiment/versions/1.0.0', post(body));
    expect(await asText(response)).toEqual([200, 'server']);
    expect(await response.json()).toEqual([[{ label: 'positive', score: 0.9 }]]);
    expect(forwarded).toEqual([{ path: '/models/sentiment/versions/1.0.0', body }]);
  });

  it('goes to the server by its own path, whatever stands before it here', async () => {
    const { app, forwarded } = functionBesideServer({
      estimate: LIMIT + 1,
      options: { basePath: '/nlp' },
    });
    await app.request('/nlp/models/sentiment/versions/1.0.0', text);
    expect(forwarded).toMatchObject([{ path: '/models/sentiment/versions/1.0.0' }]);
  });

  it('is answered here at the limit, and at any work where the server does not serve it', async () => {
    const atLimit = functionBesideServer({ estimate: LIMIT });
    expect(await asText(await atLimit.app.request('/models/sentiment', text))).toEqual([200, 'function']);
    const other = functionBesideServer({ estimate: 1e9, models: { vectors: 'job' } });
    expect(await asText(await other.app.request('/models/sentiment', text))).toEqual([200, 'function']);
  });

  it('is answered here after all by the policy cpu, where there is no server', async () => {
    const world = {
      estimate: LIMIT + 1,
      down: true,
      models: { sentiment: 'cpu' as const },
      jobs: fakeJobs(),
    };
    const { app, calls, prepared } = functionBesideServer(world);
    const response = await app.request('/models/sentiment', text);
    expect(await asText(response)).toEqual([200, 'function']);
    expect(world.jobs.submitted).toEqual([]);
    expect(prepared).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });

  it('is refused with estimate and limit where it is too much work and nobody takes it', async () => {
    const { app } = functionBesideServer({ estimate: 5000, down: true });
    const response = await app.request('/models/sentiment', text);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'TOO_MUCH_WORK',
      estimatedMs: 5000,
      maxInferMs: LIMIT,
    });
  });
});

describe.each([
  ['/models/vectors', { inputs: 'a' }],
  ['/models/vectors/versions/1.0.0', { inputs: 'a' }],
  ['/pipeline/feature-extraction/vectors', { inputs: 'a' }],
  ['/v1/embeddings', { model: 'vectors', input: 'a' }],
  ['/models/vectors/embed', { inputs: 'a' }],
  ['/v2/models/vectors/infer', { inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['a'] }] }],
])('a model that only the server has, by %s', (path, body) => {
  it('is answered by the server', async () => {
    const { app, forwarded } = functionBesideServer();
    const response = await app.request(path, postJson(body));
    expect(await asText(response)).toEqual([200, 'server']);
    expect(forwarded).toEqual([{ path, body: JSON.stringify(body) }]);
    const alone = await fakeApp().request(path, postJson(body));
    expect(await response.json()).toEqual(await alone.json());
  });

  it('becomes a job where there is no server', async () => {
    const jobs = fakeJobs();
    const { app } = functionBesideServer({ down: true, jobs });
    const response = await app.request(path, postJson(body));
    expect(await asText(response)).toEqual([202, 'queue']);
    const id = '1'.padStart(22, '0');
    expect(await response.json()).toEqual({ job: id, status_url: `/jobs/${id}` });
    expect(response.headers.get('location')).toBe(`/jobs/${id}`);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const [{ request } = { request: undefined }] = jobs.submitted;
    expect(request).toMatchObject({ path, contentType: 'application/json' });
    expect(Buffer.from(request?.body ?? []).toString()).toBe(JSON.stringify(body));
  });

  it('is refused as JSON that it is not, before anybody else sees it', async () => {
    const jobs = fakeJobs();
    const { app, forwarded } = functionBesideServer({ jobs });
    const response = await app.request(path, post('{'));
    expect(response.status).toBe(400);
    expect([forwarded, jobs.submitted]).toEqual([[], []]);
  });
});

describe('bodies that are no plain JSON', () => {
  it('are handed over decompressed, as what they are then', async () => {
    const { app, forwarded } = functionBesideServer();
    const init = post(gzipSync('{"inputs":"a"}'), { 'content-encoding': 'gzip' });
    expect(await asText(await app.request('/models/vectors', init))).toEqual([200, 'server']);
    expect(forwarded).toEqual([{ path: '/models/vectors', body: '{"inputs":"a"}' }]);
  });

  it('are handed over byte by byte, with their type', async () => {
    const jobs = fakeJobs();
    const { app } = functionBesideServer({ down: true, jobs });
    const file = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe]);
    const response = await app.request('/models/vectors', post(file, { 'content-type': 'image/png' }));
    expect(response.status).toBe(202);
    const [{ request } = { request: undefined }] = jobs.submitted;
    expect(request?.contentType).toBe('image/png');
    expect(Buffer.from(request?.body ?? []).equals(file)).toBe(true);
  });
});

describe('what SageMaker sends', () => {
  it('is handed over with the model in the path, which its header named', async () => {
    const { app, forwarded } = functionBesideServer();
    const init = post('{"inputs":"a"}', { 'x-amzn-sagemaker-target-model': 'vectors.tar.gz' });
    expect(await asText(await app.request('/invocations', init))).toEqual([200, 'server']);
    expect(forwarded).toEqual([{ path: '/endpoints/vectors/invocations', body: '{"inputs":"a"}' }]);
  });
});

describe('what a client sends that knows an address and no model', () => {
  it.each(['', '/embed'])('is handed over below the model that the deployment names: %j', async (path) => {
    const { app, forwarded } = functionBesideServer({ options: { defaultModel: 'vectors' } });
    await app.request(path || '/', post('{"inputs":"a"}'));
    expect(forwarded).toEqual([{ path: `/models/vectors${path}`, body: '{"inputs":"a"}' }]);
  });
});

describe('a body of the Open Inference Protocol with tensors after its JSON', () => {
  it('is queued with a content type that says the length of the JSON, because a job has no other header', async () => {
    const jobs = fakeJobs();
    const { app } = functionBesideServer({ jobs, down: true });
    const head =
      '{"inputs":[{"name":"a","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}';
    const length = { 'inference-header-content-length': String(head.length), prefer: 'respond-async' };
    const init = post(`${head}\u0001\0\0\0a`, { 'content-type': 'application/octet-stream', ...length });
    expect((await app.request('/v2/models/vectors/infer', init)).status).toBe(202);
    expect(jobs.submitted[0]?.request.contentType).toMatch(`head-length=${head.length}`);
  });
});

describe('questions about a model of the server', () => {
  it('are answered by the server', async () => {
    const { app } = functionBesideServer();
    for (const path of ['/models/vectors/info', '/v2/models/vectors', '/v2/models/vectors/ready']) {
      expect(await asText(await app.request(path))).toEqual([200, 'server']);
    }
  });

  it.each([
    '/models/vectors',
    '/models/vectors/info',
    '/v2/models/vectors',
    '/models/sentiment/versions/9.9.9',
  ])('are 503 with what starts one where there is none: %s', async (path) => {
    const jobs = fakeJobs();
    const response = await functionBesideServer({ down: true, jobs }).app.request(path);
    expect(response.status).toBe(503);
    const name = path.includes('sentiment') ? 'sentiment' : 'vectors';
    expect(JSON.stringify(await response.json())).toContain(`A prediction starts one: POST /models/${name}.`);
    expect(jobs.submitted).toEqual([]);
  });

  it('need no server where they are about names', async () => {
    const { app } = functionBesideServer({ down: true, models: { vectors: 'job' } });
    expect(await (await app.request('/models')).json()).toEqual({
      models: [
        { name: 'sentiment', version: '1.0.0', loaded: false },
        { name: 'vectors', loaded: false, servedBy: 'server' },
      ],
    });
    expect(await (await app.request('/v1/models')).json()).toMatchObject({
      data: [{ id: 'sentiment' }, { id: 'vectors' }],
    });
    expect((await app.request('/v1/models/vectors')).status).toBe(200);
    const missing = await app.request('/models/nothing', text);
    expect(await missing.json()).toMatchObject({ code: 'MODEL_NOT_FOUND', models: ['sentiment', 'vectors'] });
  });
});

describe('a call that nobody can answer', () => {
  it('is 502, which no client repeats without limit', async () => {
    const { app } = functionBesideServer({ down: true });
    const response = await app.request('/models/vectors', text);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'SERVER_UNAVAILABLE', model: 'vectors' });
  });

  it('looks as its wire format has it', async () => {
    const { app } = functionBesideServer({ down: true });
    const response = await app.request('/v1/embeddings', postJson({ model: 'vectors', input: 'a' }));
    expect(await response.json()).toMatchObject({
      error: { type: 'server_error', code: 'SERVER_UNAVAILABLE' },
    });
  });
});

describe('a client that would rather not wait', () => {
  const preferring = (preference: string) => post('{"inputs":"a"}', { prefer: preference });

  it.each(['respond-async', 'RESPOND-ASYNC', 'return=minimal, respond-async', 'respond-async; wait=0'])(
    'gets a job at once by Prefer: %s, though the function or the server could answer',
    async (preference) => {
      const jobs = fakeJobs();
      const { app, forwarded, calls } = functionBesideServer({ jobs });
      for (const model of ['sentiment', 'vectors']) {
        const response = await app.request(`/models/${model}`, preferring(preference));
        expect(await asText(response)).toEqual([202, 'queue']);
        expect(response.headers.get('preference-applied')).toBe('respond-async');
      }
      expect(jobs.submitted.map(({ model }) => model)).toEqual(['sentiment', 'vectors']);
      expect([forwarded, calls]).toEqual([[], []]);
    },
  );

  it('but for some seconds, is answered by whoever answers others', async () => {
    const jobs = fakeJobs();
    const light = functionBesideServer({ jobs });
    const answered = await light.app.request('/models/sentiment', preferring('respond-async, wait=10'));
    expect(await asText(answered)).toEqual([200, 'function']);
    const heavy = functionBesideServer({ jobs, estimate: LIMIT + 1 });
    const forwarded = await heavy.app.request('/models/sentiment', preferring('respond-async, wait=10'));
    expect(await asText(forwarded)).toEqual([200, 'server']);
    expect(jobs.submitted).toEqual([]);
  });

  it('is answered where the server does not have the model, or there is no queue', async () => {
    const elsewhere = functionBesideServer({ jobs: fakeJobs(), models: { vectors: 'job' } });
    const answered = await elsewhere.app.request('/models/sentiment', preferring('respond-async'));
    expect(await asText(answered)).toEqual([200, 'function']);
    const noQueue = functionBesideServer();
    const waited = await noQueue.app.request('/models/sentiment', preferring('respond-async'));
    expect(await asText(waited)).toEqual([200, 'function']);
  });

  it('has its Idempotency-Key passed on, and a bad one refused', async () => {
    const jobs = fakeJobs();
    const { app } = functionBesideServer({ jobs });
    const init = (key: string) => post('{"inputs":"a"}', { prefer: 'respond-async', 'idempotency-key': key });
    expect((await app.request('/models/vectors', init('a-key-of-mine'))).status).toBe(202);
    expect(jobs.submitted[0]?.options).toEqual({ idempotencyKey: 'a-key-of-mine' });
    const refused = await app.request('/models/vectors', init('short'));
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: 'INVALID_INPUT', field: 'Idempotency-Key' });
  });
});

describe('a client that leaves while the server has its request', () => {
  const leaving = async (answer: (client: AbortController) => Promise<HandOverOutcome>, env?: object) => {
    const client = new AbortController();
    const errors: unknown[] = [];
    const exchanges: Exchange[] = [];
    const handOver: HandOver = { models: ['vectors'], queues: false, take: () => answer(client) };
    const app = fakeApp({
      engine: fakeEngine({ only: [] }),
      handOver,
      logger: { ...silent, error: (...entry) => errors.push(entry) },
      telemetry: [{ answered: (exchange) => exchanges.push(exchange) }],
    });
    await app.request('/models/vectors', { ...text, signal: client.signal }, env);
    expect(errors).toEqual([]);
    expect(exchanges).toMatchObject([{ status: 400, code: 'INVALID_REQUEST', model: 'vectors' }]);
  };

  it('has left by itself: its request is no failure of the service, and nothing is logged', async () => {
    await leaving(async (client) => {
      client.abort();
      throw client.signal.reason;
    });
  });

  it('has left by itself, where the answer breaks off for it while it is read for Lambda', async () => {
    const answer = async (client: AbortController): Promise<HandOverOutcome> => {
      const body = new ReadableStream({
        pull: (controller) => {
          client.abort();
          controller.error(client.signal.reason);
        },
      });
      return { kind: 'forwarded', circuit: 'closed', response: new Response(body) };
    };
    await leaving(answer, { lambdaContext: { getRemainingTimeInMillis: () => 10_000 } });
  });
});

describe('a client that would rather not wait, where there is no queue', () => {
  it.each(['respond-async', 'respond-async, wait=1'])(
    'gets the answer itself for Prefer: %s, and nothing says that the preference was applied',
    async (prefer) => {
      const { app, forwarded } = functionBesideServer();
      const response = await app.request('/models/vectors', post('{"inputs":"a"}', { prefer }));
      expect(await asText(response)).toEqual([200, 'server']);
      expect(response.headers.has('preference-applied')).toBe(false);
      expect(forwarded).toHaveLength(1);
    },
  );
});

describe('telemetry', () => {
  it('is told of requests that were handed over, with the model', async () => {
    const metrics = new PrometheusMetrics(() => 0);
    const models: string[] = [];
    const listener: Telemetry = { answered: ({ model }) => models.push(model), predicted: () => {} };
    const options = { telemetry: [metrics, listener] };
    const { app } = functionBesideServer({ options });
    expect(metrics.render()).not.toContain('handed_over');
    await app.request('/models/vectors', text);
    await app.request('/models/slots', text);
    const down = functionBesideServer({ options, down: true, jobs: fakeJobs() });
    for (let i = 0; i < 3; i++) await down.app.request('/models/vectors', text);
    expect(metrics.render()).toContain(
      'pilotlight_handed_over_total{model="vectors",outcome="forwarded"} 1\n',
    );
    expect(metrics.render()).toContain('pilotlight_handed_over_total{model="slots",outcome="forwarded"} 1\n');
    expect(metrics.render()).toContain('pilotlight_handed_over_total{model="vectors",outcome="queued"} 3\n');
    expect(metrics.render()).toContain('pilotlight_circuit_open 1\n');
    expect(models).toEqual(['vectors', 'slots', 'vectors', 'vectors', 'vectors']);
  });
});
