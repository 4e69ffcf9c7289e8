import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OtlpCollector, type ReceivedSpan, startOtlpCollector } from '../fixtures/otlp-collector.ts';
import { node, run } from './command.ts';
import { startServer } from './server.ts';

const start = (environment: Readonly<Record<string, string>>) =>
  startServer({
    PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    ...environment,
  });

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
/** Values of OTLP's enumerations. */
const [SERVER, INTERNAL, ERROR] = [2, 1, 2];

let collector: OtlpCollector;
beforeAll(async () => {
  collector = await startOtlpCollector();
});
afterAll(() => collector.close());

describe('traces of the server of the container', () => {
  let spans: ReceivedSpan[];
  beforeAll(async () => {
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'films',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    const post = (body: string, flags: string, path = '/models/sentiment') =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        body,
        headers: { traceparent: `00-${TRACE}-${CALLER}-${flags}` },
      });
    await post(JSON.stringify({ inputs: ['a fine film', 'a dull one'] }), '01');
    await post('no JSON', '01');
    await post(JSON.stringify({ inputs: 'not sampled by its caller' }), '00');
    await fetch(`${server.url}/health`);
    await server.predict('of no trace');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    spans = collector.spans();
  });

  const named = (name: string) => spans.filter((span) => span.name === name);
  const childrenOf = ({ spanId }: ReceivedSpan) =>
    spans.filter(({ parentSpanId }) => parentSpanId === spanId);

  test('are sent before it ends: a span for each prediction, within the trace that its caller names', () => {
    const requests = named('POST /models/{model}');
    expect(requests.map(({ traceId }) => traceId === TRACE)).toEqual([true, true, false]);
    expect(requests.map(({ parentSpanId }) => parentSpanId || undefined)).toEqual([
      CALLER,
      CALLER,
      undefined,
    ]);
    expect(requests.every(({ kind }) => kind === SERVER)).toBe(true);
    expect(requests[0]?.resource).toMatchObject({
      'service.name': 'films',
      'deployment.environment.name': 'test',
    });
  });

  test('have the model, the tokens and the batches of a prediction', () => {
    const [request] = named('POST /models/{model}');
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/models/{model}',
      'http.response.status_code': 200,
      'url.path': '/models/sentiment',
      'pilotlight.model': 'sentiment',
      'pilotlight.model.version': '1.0.1',
      'pilotlight.variant': 'int8',
      'pilotlight.inputs': 2,
      // [CLS] a fine film [SEP], [CLS] a dull one [SEP]
      'pilotlight.tokens': 10,
      'pilotlight.padding_tokens': 6,
    });
    const infer = request && childrenOf(request).find(({ name }) => name === 'infer');
    expect(infer?.attributes).toEqual({
      'pilotlight.batch.count': 1,
      'pilotlight.batch.size': 2,
      'pilotlight.batch.tokens': 16,
    });
  });

  test('have a span for each stage, in order, within that of the request', () => {
    const [request] = named('POST /models/{model}');
    if (!request) return expect.unreachable('there is no span');
    const stages = childrenOf(request);
    expect(stages.map(({ name }) => name)).toEqual(['tokenise', 'queue', 'infer', 'postprocess']);
    expect(stages.every(({ kind, traceId }) => kind === INTERNAL && traceId === TRACE)).toBe(true);
    // Clocks of milliseconds and of fractions of them meet here.
    const slack = 2_000_000n;
    let last = request.startTimeUnixNano - slack;
    for (const { startTimeUnixNano, endTimeUnixNano } of stages) {
      expect(startTimeUnixNano).toBeGreaterThanOrEqual(last);
      expect(endTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);
      last = endTimeUnixNano;
    }
    expect(last).toBeLessThanOrEqual(request.endTimeUnixNano + slack);
  });

  test('say why a request was refused, which is no error of the server', () => {
    const [, refused] = named('POST /models/{model}');
    expect(refused?.attributes).toMatchObject({
      'http.response.status_code': 400,
      'error.type': 'INVALID_JSON',
    });
    expect(refused?.status.code).not.toBe(ERROR);
    expect(refused && childrenOf(refused)).toEqual([]);
  });
});

test('traces are in protobuf unless another format is asked for', async () => {
  const server = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path` });
  await server.predict('a fine film');
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  const post = collector.posts.find(({ path }) => path === '/own/path');
  expect(post?.type).toBe('application/x-protobuf');
  expect(post?.body.includes('POST /models/{model}')).toBe(true);
});

test('traces do not hold up a server whose collector is not there', async () => {
  const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect((await server.predict('a fine film')).status).toBe(200);
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
});

test.each([
  [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /OTEL_EXPORTER_OTLP_PROTOCOL: must be http\/protobuf or http\/json/,
  ],
  [{ OTEL_TRACES_SAMPLER_ARG: '7' }, /OTEL_TRACES_SAMPLER_ARG: must be a share from 0 to 1/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, /OTEL_EXPORTER_OTLP_ENDPOINT: must be an address/],
])('traces are refused with the settings %j before anything starts', async (env, reason) => {
  const { code, stderr } = await run(node('functions/server/server.ts'), { env });
  expect(code).toBe(1);
  expect(stderr).toMatch(reason);
});
