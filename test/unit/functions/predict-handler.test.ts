import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { EngineError } from '@pilotlight/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import type { Jobs, JobView } from '../../../functions/app/src/jobs/job.ts';
import type { HandOver, HandOverOutcome } from '../../../functions/app/src/serve/hand-over-port.ts';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { emfTelemetry } from '../../../functions/app/src/telemetry/emf.ts';
import { createHandler } from '../../../functions/predict/create-handler.ts';
import { type FakeEngine, fakeEngine, silent } from './fake-engine.ts';
import { fakeJobs } from './hand-over-to-server/fake-jobs.ts';
import { lambdaContext } from './lambda-context.ts';
import { HEALTH, predictEnvironment, recordEmitted } from './predict-environment.ts';

recordEmitted();

const event = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/events/${name}.json`, import.meta.url), 'utf8'));

const context = lambdaContext();

let emitted: Record<string, unknown>[];

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  emitted = [];
  const capture = (line: string) => emitted.push(JSON.parse(line));
  vi.spyOn(console, 'log').mockImplementation(capture);
  vi.spyOn(console, 'error').mockImplementation(capture);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function handlerOf(
  engine: FakeEngine,
  settled = preload(engine, ['sentiment'], silent),
  elsewhere: { handOver?: HandOver; jobs?: Jobs } = {},
) {
  const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
  const handler = createHandler({
    ...elsewhere,
    engine,
    preload: settled,
    ready: settled.settled.then(() => 321),
    limits: DEFAULT_LIMITS,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics,
    emf: emfTelemetry(metrics, { requests: 'each', stages: 'log' }),
    stages: 'log',
  });
  return async (name: string, changes = {}) => handler({ ...event(name), ...changes }, context);
}

/** The result of a function that has no package of the model, where the server answers so. */
function throughServer(response: Response) {
  const take = async (): Promise<HandOverOutcome> => ({ kind: 'forwarded', response, circuit: 'closed' });
  const engine = fakeEngine({ only: ['sentiment'] });
  const handle = handlerOf(engine, preload(engine, [], silent), {
    handOver: { models: ['large'], queues: true, take },
  });
  return handle('predict', { rawPath: '/models/large' });
}

describe('the predict function', () => {
  it('takes and gives tensors after JSON in base64, as API Gateway passes bytes on', async () => {
    const head = JSON.stringify({
      inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 5 } }],
      parameters: { binary_data_output: true },
    });
    const length = String(head.length);
    const body = Buffer.concat([Buffer.from(head), Buffer.from([1, 0, 0, 0, 97])]);
    const result = await handlerOf(fakeEngine())('predict-base64', {
      rawPath: '/v2/models/sentiment/infer',
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': length },
      body: body.toString('base64'),
      isBase64Encoded: true,
    });
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    const answer = Buffer.from(result.body, 'base64');
    const json = Number(result.headers['inference-header-content-length']);
    const [output] = JSON.parse(answer.subarray(0, json).toString()).outputs;
    expect(answer.length - json).toBe(output.parameters.binary_data_size);
    expect(JSON.parse(answer.subarray(json + 4).toString())).toEqual([{ label: 'positive', score: 0.9 }]);
  });

  it.each(['predict', 'predict-base64', 'predict-named-stage'])('answers the event %s', async (name) => {
    const result = await handlerOf(fakeEngine())(name);
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(JSON.parse(result.body)).toEqual([[{ label: 'positive', score: 0.9 }]]);
    expect(result.headers).toMatchObject({ 'content-type': 'application/json', 'x-compute-tokens': '5' });
  });

  it.each([
    ['in base64, as it was sent', true],
    ['as text, which API Gateway has decompressed', false],
  ])('takes a body that was compressed and comes %s', async (_, isBase64Encoded) => {
    const { headers, body: text } = event('predict');
    const body = isBase64Encoded ? gzipSync(text).toString('base64') : text;
    const compressed = { headers: { ...headers, 'content-encoding': 'gzip' }, body, isBase64Encoded };
    expect(await handlerOf(fakeEngine())('predict', compressed)).toMatchObject({ statusCode: 200 });
  });

  it('answers with a compressed body where it is asked for one', async () => {
    const { headers } = event('predict');
    const body = JSON.stringify({ inputs: Array.from({ length: 100 }, () => 'a') });
    const engine = fakeEngine({ result: [{ label: 'positive'.repeat(20), score: 0.9 }] });
    const result = await handlerOf(engine)('predict', {
      body,
      isBase64Encoded: false,
      headers: { ...headers, 'accept-encoding': 'gzip', 'content-length': String(body.length) },
    });
    expect(result).toMatchObject({ isBase64Encoded: true, headers: { 'content-encoding': 'gzip' } });
    expect(JSON.parse(gunzipSync(Buffer.from(result.body, 'base64')).toString())).toHaveLength(100);
  });

  it.each([
    ['models/sentiment', undefined, { code: 'ANSWER_TOO_LARGE' }],
    ['models/sentiment/predict', undefined, { code: 'ANSWER_TOO_LARGE', error_type: 'Validation' }],
    ['models/sentiment', 'gzip', undefined],
  ])(
    'refuses by %s, accepting %s, an answer that Lambda would not pass on',
    async (path, accepted, refusal) => {
      const label = '"'.repeat(2_000_000);
      const result = await handlerOf(fakeEngine({ result: [{ label, score: 1 }] }))('predict', {
        rawPath: `/${path}`,
        headers: { ...event('predict').headers, 'accept-encoding': accepted ?? 'identity' },
      });
      expect(result.statusCode).toBe(refusal ? 422 : 200);
      expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(6_291_556);
      if (refusal) expect(JSON.parse(result.body)).toMatchObject(refusal);
      expect(emitted).toContainEqual(
        expect.objectContaining(refusal ? { ClientErrors: 1 } : { Requests: 1 }),
      );
    },
  );

  it.each([
    ['as text, of which each quote takes two bytes', Buffer.alloc(3_200_000, '"'), {}],
    ['compressed, which goes as base64', Buffer.alloc(4_800_000), { 'content-encoding': 'gzip' }],
    ['that never ends', undefined, {}],
  ])(
    'refuses an answer of the container %s, that Lambda would not pass on, with the code',
    async (_, bytes, headers) => {
      const endless = new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(100_000, 'x')) });
      const result = await throughServer(
        new Response(bytes ?? endless, { headers: { 'content-type': 'application/json', ...headers } }),
      );
      expect(result.statusCode).toBe(422);
      expect(JSON.parse(result.body)).toMatchObject({ code: 'ANSWER_TOO_LARGE' });
    },
  );

  it('passes on what just fits, byte for byte, with who gave it', async () => {
    const bytes = Buffer.alloc(4_600_000, 'é');
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const result = await throughServer(new Response(bytes, { headers }));
    expect(result).toMatchObject({
      statusCode: 200,
      headers: { ...headers, 'x-pilotlight-served-by': 'server' },
    });
    expect(Buffer.from(result.body, 'base64').equals(bytes)).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(6_291_556);
  });

  it('says 502 of an answer of the server that breaks off', async () => {
    const broken = new ReadableStream({ pull: (to) => to.error(new TypeError('terminated')) });
    const result = await throughServer(new Response(broken));
    expect(result.statusCode).toBe(502);
    expect(JSON.parse(result.body)).toMatchObject({ code: 'SERVER_UNAVAILABLE', model: 'large' });
  });

  it('answers a GET with cookies and a query', async () => {
    expect(await handlerOf(fakeEngine())('health')).toMatchObject({ statusCode: 200 });
  });

  it('answers a DELETE, which has no body', async () => {
    const id = 'A'.repeat(22);
    const job: JobView = {
      id,
      status: 'cancelled',
      model: 'large',
      created_at: '2026-11-21T17:30:07.955Z',
      attempts: 0,
      status_url: `/jobs/${id}`,
    };
    const find = async () => job;
    const handler = handlerOf(fakeEngine(), undefined, { jobs: { submit: find, read: find, cancel: find } });
    const { requestContext } = event('health');
    const http = { ...requestContext.http, method: 'DELETE' };
    const deleted = await handler('health', {
      rawPath: `/jobs/${id}`,
      requestContext: { ...requestContext, http },
    });
    expect([deleted.statusCode, JSON.parse(deleted.body)]).toEqual([200, job]);
  });

  it.each(['HTTP', 'REST'])('says where a job is on a named stage of an %s API', async (kind) => {
    const jobs = fakeJobs();
    const { stage, domainName } = event('predict-named-stage').requestContext;
    const body = JSON.stringify({ model: 'large', inputs: 'a' });
    const ofRest = {
      ...{ version: '1.0', path: '/jobs', httpMethod: 'POST', body },
      requestContext: { stage, domainName, path: '/prod/jobs', httpMethod: 'POST' },
    };
    const ofHttp = { rawPath: '/prod/jobs', body };
    const handler = handlerOf(fakeEngine(), undefined, { jobs });
    const result = await handler('predict-named-stage', kind === 'REST' ? ofRest : ofHttp);
    expect(result.statusCode).toBe(202);
    expect(result.headers?.location).toBe(`/prod/jobs/${'1'.padStart(22, '0')}`);
  });

  it('answers a body cut short with 400 and a code', async () => {
    const result = await handlerOf(fakeEngine())('predict-truncated');
    expect([result.statusCode, JSON.parse(result.body).code]).toEqual([400, 'INVALID_JSON']);
  });

  it('takes no prediction before the models of the preload list are loaded', async () => {
    const gate = Promise.withResolvers<void>();
    const engine = fakeEngine();
    const handle = handlerOf(engine, { settled: gate.promise, states: () => new Map() });
    const answer = handle('predict');
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.calls).toHaveLength(0);
    gate.resolve();
    expect((await answer).statusCode).toBe(200);
  });

  it('serves the other models where one could not be preloaded', async () => {
    const engine = fakeEngine();
    const handle = handlerOf(engine, preload(engine, ['missing'], silent));
    expect((await handle('predict')).statusCode).toBe(200);
  });

  it.each([
    ['of SQS or S3', { Records: [] }],
    ['of EventBridge', { version: '0', 'detail-type': 'Object Created', source: 'aws.s3', detail: {} }],
    [
      'of an authoriser, which has an HTTP context in its words alone',
      { type: 'REQUEST', requestContext: 'http' },
    ],
    ['that is empty', {}],
    ['that is null', null],
    ['that is a text', 'hello'],
  ])('fails the invocation of an event %s, and says who should send it elsewhere', async (_, other) => {
    const { invoke } = await predictEnvironment();
    await expect(invoke(other)).rejects.toMatchObject({
      name: 'EventError',
      code: 'EVENT_NOT_UNDERSTOOD',
      message: expect.stringContaining('to the batch function'),
    });
  });

  it('answers over HTTP what breaks outside of the app, because somebody waits there', async () => {
    const { invoke } = await predictEnvironment();
    const broken = { ...HEALTH, requestContext: { http: null }, rawPath: 7 };
    expect(await invoke(broken)).toMatchObject({
      statusCode: 500,
      body: expect.stringContaining('"INTERNAL"'),
    });
  });
});

const JOB: JobView = {
  id: '1'.repeat(22),
  status: 'queued',
  model: 'sentiment',
  created_at: '2026-01-01T00:00:00.000Z',
  attempts: 0,
  status_url: '/jobs/1',
};

describe('what CloudWatch gets', () => {
  it('is one metric line for a prediction, with its stages', async () => {
    const handle = handlerOf(fakeEngine());
    await handle('health');
    emitted = [];
    await handle('predict');
    expect(emitted).toHaveLength(1);
    expect(emitted[0]).toMatchObject({
      service: 'pilotlight',
      model: 'sentiment',
      route: 'predict',
      Requests: 1,
      ServerErrors: 0,
      Inputs: '1',
      Tokens: 5,
      TokenizationTime: '0.25',
      InferenceTime: 1.5,
      PostprocessTime: '0.125',
    });
    const megabytes = process.memoryUsage.rss() / 2 ** 20;
    expect(Number(emitted[0]?.MemoryUsed)).toBeGreaterThan(megabytes / 2);
    expect(Number(emitted[0]?.MemoryUsed)).toBeLessThan(megabytes * 2);
  });

  it.each<{ outcome: HandOverOutcome; counts: object }>([
    {
      outcome: { kind: 'forwarded', circuit: 'closed', response: new Response('[]') },
      counts: { Forwarded: 1, Queued: 0, CircuitOpen: 0 },
    },
    {
      outcome: { kind: 'queued', circuit: 'open', job: JOB },
      counts: { Forwarded: 0, Queued: 1, CircuitOpen: 1 },
    },
    {
      outcome: { kind: 'here', circuit: 'half-open' },
      counts: { Forwarded: 0, Queued: 0, CircuitOpen: 1 },
    },
  ])(
    'says that a request for the server was $outcome.kind while the circuit was $outcome.circuit',
    async ({ outcome, counts }) => {
      const remaining: unknown[] = [];
      const take: HandOver['take'] = async ({ remainingMs }) => {
        remaining.push(remainingMs);
        return outcome;
      };
      const handOver: HandOver = { models: ['sentiment'], queues: true, take };
      const engine = fakeEngine();
      const handle = handlerOf(engine, preload(engine, [], silent), { handOver });
      await handle('health');
      emitted = [];
      await handle('predict', { headers: { 'content-type': 'application/json', prefer: 'respond-async' } });
      expect(emitted).toHaveLength(1);
      expect(emitted[0]).toMatchObject({
        model: 'sentiment',
        handedOver: outcome.kind,
        Requests: 1,
        ...counts,
      });
      expect(remaining).toEqual([context.getRemainingTimeInMillis()]);
    },
  );

  it.each([
    [200, 'predict', {}],
    [400, 'predict', { body: '{"inputs": MARKED' }],
    [404, 'predict', { rawPath: '/models/MARKED' }],
    [404, 'predict', { rawPath: '/MARKED/nowhere' }],
    [400, 'predict', { requestContext: { http: { method: 'POST' } }, headers: { host: 'MARKED host' } }],
    [500, 'predict', {}],
  ])(
    'holds nothing that a client chose, in the log of an answer of %i either',
    async (status, name, changes) => {
      const failure = status === 500 ? { failure: new EngineError('SESSION_FAILED', 'It broke.') } : {};
      const result = await handlerOf(fakeEngine(failure))(name, {
        rawQueryString: 'q=MARKED',
        cookies: ['c=MARKED'],
        body: '{"inputs":"MARKED"}',
        ...changes,
        headers: {
          ...event(name).headers,
          'user-agent': 'MARKED',
          'x-request-id': 'MARKED',
          ...Object(changes).headers,
        },
      });
      expect(result.statusCode).toBe(status);
      expect(JSON.stringify(emitted)).not.toContain('MARKED');
    },
  );

  it('is a log line with request id, code and cause for a failure', async () => {
    const cause = new TypeError('the native reason');
    const failure = new EngineError('SESSION_FAILED', 'It broke.', { cause });
    await handlerOf(fakeEngine({ failure }))('predict');
    const line = emitted.find(({ level }) => level === 'ERROR');
    expect(line).toMatchObject({
      message: 'A request failed',
      function_request_id: context.awsRequestId,
      code: 'SESSION_FAILED',
      error: { message: 'It broke.', cause: { message: 'the native reason' } },
    });
  });
});
