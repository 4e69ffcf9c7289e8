/** Traces of the predict function, built and in local Lambda, at a collector on loopback. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { type OtlpCollector, startOtlpCollector } from '../fixtures/otlp-collector.ts';
import { PACKAGES } from './packages.ts';

const EVENT = JSON.parse(readFileSync('test/fixtures/events/predict.json', 'utf8'));
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traced = {
  ...EVENT,
  headers: { ...EVENT.headers, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
};

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(environment: Readonly<Record<string, string>>) {
  const logged: string[] = [];
  const predict = await builtPredict([describePackage(PACKAGES, { name: 'sentiment' })], { environment });
  const lambda = await LocalLambda.start({
    functions: [predict],
    log: ({ source, text }) => {
      if (source !== 'platform') logged.push(text);
    },
  });
  ends.push(() => lambda.close());
  return {
    logged,
    invoke: async (event: object) => {
      const begin = performance.now();
      const payload = JSON.stringify(event);
      const outcome = await lambda.invoke({ functionName: 'predict', payload });
      return { ...outcome, ms: performance.now() - begin, answer: JSON.parse(outcome.payload.toString()) };
    },
  };
}

async function collect(delayMs = 0): Promise<OtlpCollector> {
  const collector = await startOtlpCollector({ delayMs });
  ends.push(() => collector.close());
  return collector;
}

const toCollector = ({ url }: OtlpCollector) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
});

describe('traces of the predict function', () => {
  test('have a span for each prediction, in the trace of its caller, with its stages, its function and its invocation', async () => {
    const collector = await collect();
    const { invoke } = await start(toCollector(collector));
    const { requestId, environment } = await invoke(traced);
    await expect.poll(() => collector.spans().length).toBe(5);
    const [request, ...stages] = collector.spans().sort((left) => (left.name.startsWith('POST') ? -1 : 0));
    expect(request).toMatchObject({
      name: 'POST /models/{model}',
      traceId: TRACE,
      attributes: {
        'http.response.status_code': 200,
        'pilotlight.model': 'sentiment',
        'faas.invocation_id': requestId,
      },
      resource: {
        'cloud.platform': 'aws_lambda',
        'faas.name': 'predict',
        'faas.instance': environment,
        'service.name': 'pilotlight',
      },
    });
    expect(stages.map(({ name }) => name).sort()).toEqual(['infer', 'postprocess', 'queue', 'tokenise']);
  });

  test('do not hold up the answer, and are sent before the environment is frozen', async () => {
    const collector = await collect(700);
    const { invoke } = await start(toCollector(collector));
    await invoke(traced);
    await expect.poll(() => collector.posts.length).toBe(1);
    await sleep(1000);
    const warm = await invoke(traced);
    expect(warm.answer.statusCode).toBe(200);
    expect(warm.init).toBeUndefined();
    expect(warm.ms).toBeLessThan(600);
    // Nobody calls the function any more, so that what it had not sent by now would stay in it.
    await expect.poll(() => collector.posts.length).toBe(2);
  });

  test('that nobody takes are a line of log, and the function answers on', async () => {
    const nowhere = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '300' };
    const { invoke, logged } = await start(nowhere);
    for (let n = 0; n < 2; n++) expect((await invoke(traced)).answer.statusCode).toBe(200);
    const failures = () => logged.filter((line) => line.includes('Traces could not be exported'));
    await expect.poll(failures, { timeout: 5000 }).not.toEqual([]);
  });

  test('are neither sent nor loaded where nobody asks for them', async () => {
    const { invoke, logged } = await start({
      OTEL_TRACES_SAMPLER: 'xray',
      OTEL_SERVICE_NAME: 'of another layer',
    });
    expect((await invoke(traced)).answer.statusCode).toBe(200);
    expect(logged.filter((line) => /extension|trace/i.test(line))).toEqual([]);
  });

  test('with a setting that is wrong keep the function from starting, by its name', async () => {
    const { invoke } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' });
    expect((await invoke(traced)).answer).toMatchObject({
      errorMessage: expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT: must be an address'),
    });
  });
});

describe('metrics that are one line a minute', () => {
  const requestsIn = (logged: readonly string[]) =>
    logged.filter((line) => line.includes('"RequestTime"')).map((line): unknown => JSON.parse(line).Requests);

  test('are written with the first request, and the rest when Lambda takes the environment away', async () => {
    const { invoke, logged } = await start({ PILOTLIGHT_REQUEST_METRICS: 'minute' });
    for (let n = 0; n < 5; n++) await invoke(EVENT);
    await expect.poll(() => requestsIn(logged)).toEqual([1]);
    await ends.pop()?.();
    await expect.poll(() => requestsIn(logged)).toEqual([1, 4]);
  });
});
