import { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WARM_UP_SOURCE } from '../../../functions/app/src/aws/warm-up.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { emfTelemetry } from '../../../functions/app/src/telemetry/emf.ts';
import type { PredictEngine } from '../../../functions/predict/ports.ts';
import { createStreamingHandler } from '../../../functions/predict/streaming/create-streaming-handler.ts';
import { fakeEngine, silent } from './fake-engine.ts';
import { fakeGenerator } from './fake-generator.ts';
import { lambdaContext } from './lambda-context.ts';

/** What the runtime of Lambda keeps of an answer. */
class Answer extends Writable {
  head: unknown;
  readonly pieces: string[] = [];

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.pieces.push(piece.toString());
    done();
  }
}

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from: (stream: Answer, head: unknown) => Object.assign(stream, { head }),
    },
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function handlerOf(engine: PredictEngine = fakeEngine(), answered = () => {}) {
  const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
  return createStreamingHandler({
    engine,
    preload: preload(engine as never, [], silent),
    ready: Promise.resolve(321),
    limits: DEFAULT_LIMITS,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics,
    emf: emfTelemetry(metrics, { requests: 'each', stages: 'log' }),
    stages: 'log',
    extension: { answered },
  });
}

async function ask(event: object, handler = handlerOf()) {
  const answer = new Answer();
  await handler(event, answer as never, lambdaContext());
  return answer;
}

const OF_URL = 'abc.lambda-url.eu-central-1.on.aws';
const request = (rawPath: string, body?: object, domainName = OF_URL) => ({
  version: '2.0',
  rawPath,
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  requestContext: { http: { method: body ? 'POST' : 'GET' }, stage: '$default', domainName },
  ...(body && { body: JSON.stringify(body) }),
  isBase64Encoded: false,
});

describe('the predict function behind a function URL', () => {
  it('sends status and headers, and then the events of a text as they come', async () => {
    const engine: PredictEngine = { ...fakeGenerator(), loaded: () => [] };
    const body = { inputs: 'Say', stream: true, parameters: { max_new_tokens: 3 } };
    const { head, pieces } = await ask(request('/models/gpt', body), handlerOf(engine));
    expect(head).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/event-stream', 'x-pilotlight-model': 'gpt' },
    });
    expect(pieces.map((piece) => piece.slice(0, 18))).toEqual([
      'data:{"index":1,"t',
      'data:{"index":2,"t',
      'data:{"index":3,"t',
    ]);
  });

  it('sends an answer that is whole, a refusal, and one without a body', async () => {
    const whole = await ask(request('/models/sentiment', { inputs: 'a' }));
    expect([whole.head, whole.pieces.join('')]).toEqual([
      expect.objectContaining({ statusCode: 200 }),
      '[[{"label":"positive","score":0.9}]]',
    ]);
    const refused = await ask(request('/models/none', { inputs: 'a' }));
    expect(refused.head).toMatchObject({ statusCode: 404 });
    expect(JSON.parse(refused.pieces.join(''))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect((await ask(request('/'))).head).toMatchObject({ statusCode: 302, headers: { location: '/docs' } });
  });

  it('answers API Gateway, and whoever warms it, by one value', async () => {
    const gateway = await ask(request('/health', undefined, 'a.execute-api.eu-central-1.amazonaws.com'));
    expect(gateway.head).toBeUndefined();
    expect(JSON.parse(gateway.pieces.join(''))).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    const warmUp = await ask({ source: WARM_UP_SOURCE });
    expect(JSON.parse(warmUp.pieces.join(''))).toMatchObject({ environment: expect.any(String) });
  });

  it('tells its extension of an answer once that is sent, and fails for an event of nobody', async () => {
    const sent: number[] = [];
    const answer = new Answer();
    const handler = handlerOf(fakeEngine(), () => sent.push(answer.pieces.length));
    await handler(request('/models/sentiment', { inputs: 'a' }), answer as never, lambdaContext());
    expect(sent).toEqual([1]);
    await expect(ask({ Records: [] })).rejects.toThrow(/neither a request over HTTP nor a warm-up/);
  });

  it('says what to do where there is no runtime of Lambda', () => {
    vi.unstubAllGlobals();
    expect(() => handlerOf()).toThrow(/PILOTLIGHT_RESPONSE_STREAM is true, but this is no runtime of Lambda/);
  });
});
