import { describe, expect, it } from 'vitest';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { PrometheusMetrics } from '../../../functions/app/src/telemetry/prometheus.ts';
import { fakeApp, fakeEngine, postJson, silent } from './fake-engine.ts';

async function get(app: ReturnType<typeof fakeApp>, path: string) {
  const response = await app.request(path);
  return { status: response.status, body: await response.json() };
}

describe('GET /health', () => {
  it('is 200 as long as the process answers, whatever its models do', async () => {
    const engine = fakeEngine();
    const readiness = preload(engine, ['missing'], silent);
    await readiness.settled;
    expect(await get(fakeApp({ engine, readiness }), '/health')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
  });
});

describe('GET /ready', () => {
  it('is 503 with the names while models are loading, and 200 afterwards', async () => {
    const engine = fakeEngine();
    const gate = Promise.withResolvers<void>();
    const slow = { model: (ref: string) => gate.promise.then(() => engine.model(ref)) };
    const readiness = preload(slow as typeof engine, ['sentiment', 'slots@1.0.0'], silent);
    const app = fakeApp({ engine, readiness });
    expect(await get(app, '/ready')).toMatchObject({
      status: 503,
      body: { code: 'NOT_READY', loading: ['sentiment', 'slots@1.0.0'], failed: [] },
    });
    gate.resolve();
    await readiness.settled;
    expect(await get(app, '/ready')).toEqual({
      status: 200,
      body: { ready: true, models: ['sentiment@1.0.0', 'slots@1.0.0'] },
    });
  });

  it('is 503 with the name where a model could not be loaded; the others are', async () => {
    const engine = fakeEngine();
    const readiness = preload(engine, ['missing', 'sentiment'], silent);
    await readiness.settled;
    expect(await get(fakeApp({ engine, readiness }), '/ready')).toMatchObject({
      status: 503,
      body: { loading: [], failed: ['missing'] },
    });
    expect(engine.loaded()).toHaveLength(1);
  });

  it('is 200 once a request has loaded what preloading could not', async () => {
    const engine = fakeEngine();
    const readiness = { states: () => new Map([['sentiment', 'failed' as const]]) };
    const app = fakeApp({ engine, readiness });
    expect((await get(app, '/ready')).status).toBe(503);
    await app.request('/models/sentiment', postJson({ inputs: 'a' }));
    expect((await get(app, '/ready')).status).toBe(200);
  });

  it('is 200 at once where nothing is to be preloaded', async () => {
    expect((await get(fakeApp(), '/ready')).body).toEqual({ ready: true, models: [] });
  });
});

describe('GET /metrics', () => {
  async function scrape(requests: (app: ReturnType<typeof fakeApp>) => Promise<unknown>) {
    const engine = fakeEngine();
    const metrics = new PrometheusMetrics(() => engine.loaded().length);
    const app = fakeApp({ engine, telemetry: [metrics], renderMetrics: () => metrics.render() });
    await requests(app);
    const response = await app.request('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return (await response.text()).split('\n');
  }

  it('counts requests by route, model, status and code', async () => {
    const lines = await scrape(async (app) => {
      await app.request('/models/sentiment', postJson({ inputs: 'a' }));
      await app.request('/models/sentiment', postJson({ inputs: 5 }));
      await app.request('/models/no-such-model', postJson({ inputs: 'a' }));
    });
    expect(lines).toContain(
      'pilotlight_request_total{route="predict",model="sentiment",version="1.0.0",status="200",code=""} 1',
    );
    expect(lines).toContain(
      'pilotlight_request_total{route="predict",model="sentiment",version="1.0.0",status="422",code="INVALID_INPUT"} 1',
    );
    expect(lines).toContain(
      'pilotlight_request_total{route="predict",model="",version="",status="404",code="MODEL_NOT_FOUND"} 1',
    );
  });

  it('measures stages as cumulative histograms in seconds', async () => {
    const lines = await scrape(async (app) => {
      await app.request('/models/sentiment', postJson({ inputs: ['a', 'b'] }));
      await app.request('/models/sentiment', postJson({ inputs: 'a' }));
    });
    const bucket = (le: string) =>
      `te_request_inference_duration_bucket{model="sentiment",version="1.0.0",variant="int8",le="${le}"}`;
    expect(lines).toContain('# TYPE te_request_inference_duration histogram');
    expect(lines).toContain(`${bucket('0.001')} 0`);
    expect(lines).toContain(`${bucket('0.0025')} 2`);
    expect(lines).toContain(`${bucket('30')} 2`);
    expect(lines).toContain(`${bucket('+Inf')} 2`);
    expect(lines).toContain(
      'te_request_inference_duration_sum{model="sentiment",version="1.0.0",variant="int8"} 0.003',
    );
    expect(lines).toContain('pilotlight_tokens_total{model="sentiment",version="1.0.0",variant="int8"} 15');
    expect(lines).toContain('pilotlight_inputs_total{model="sentiment",version="1.0.0",variant="int8"} 3');
    expect(lines).toContain('pilotlight_models_loaded 1');
    expect(lines.find((line) => line.startsWith('process_resident_memory_bytes '))).toMatch(/ [1-9]\d{7,}$/);
  });

  it('counts and times embeddings and predictions by the names of TEI, apart', async () => {
    const lines = await scrape(async (app) => {
      await app.request('/models/sentiment/predict', postJson({ inputs: 'a' }));
      await app.request('/models/vectors/embed', postJson({ inputs: ['a', 'b'] }));
      await app.request('/models/vectors/embed', postJson({ inputs: [''] }));
      await app.request('/models/sentiment', postJson({ inputs: 'a' }));
    });
    expect(lines).toContain('te_embed_count{model="vectors"} 1');
    expect(lines).toContain('te_embed_count{model=""} 1');
    expect(lines).toContain('te_embed_success{model="vectors"} 1');
    expect(lines).toContain('te_embed_inference_duration_sum{model="vectors"} 0.0015');
    expect(lines).toContain('te_predict_count{model="sentiment"} 1');
    expect(lines).toContain('te_predict_duration_count{model="sentiment"} 1');
    expect(lines.filter((line) => line.startsWith('te_predict_success{'))).toHaveLength(1);
  });

  it('escapes what a label may hold', () => {
    const metrics = new PrometheusMetrics(() => 0);
    metrics.answered({
      route: 'predict',
      predicts: true,
      model: 'a"b\\c\nd',
      version: '1.0.0',
      status: 200,
      code: '',
      ms: 1,
    });
    expect(metrics.render()).toContain('model="a\\"b\\\\c\\nd"');
  });
});
