import { Engine } from '@pilotlight/engine';
import { expect, it } from 'vitest';
import { createApp } from '../../../functions/app/src/app.ts';
import { PrometheusMetrics } from '../../../functions/app/src/telemetry/prometheus.ts';
import { post, silent } from './fake-engine.ts';

const packages = 'model-assets/packages';

async function asked(engine: Engine, bodies: readonly unknown[]) {
  const metrics = new PrometheusMetrics(
    () => engine.loaded().length,
    () => engine.answerCache,
  );
  const app = createApp({ engine, logger: silent, telemetry: [metrics] });
  const answers: { cache: string | null; status: number; body: unknown }[] = [];
  for (const body of bodies) {
    const response = await app.request('/models/sentiment', post(JSON.stringify(body)));
    answers.push({
      cache: response.headers.get('x-pilotlight-cache'),
      status: response.status,
      body: await response.json(),
    });
  }
  return { answers, metrics: metrics.render() };
}

it('an answer that is kept says so, is the same, and is counted', async () => {
  const engine = new Engine({ packages, verify: 'size', answerCacheBytes: 1e6 });
  const text = { inputs: 'a fine day' };
  const other = { inputs: 'a fine day', parameters: { top_k: 1 } };
  const { answers, metrics } = await asked(engine, [text, text, other, text]);
  expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'hit', 'miss', 'hit']);
  expect(answers[1]?.body).toEqual(answers[0]?.body);
  expect(answers[2]?.body).not.toEqual(answers[0]?.body);
  expect(metrics).toMatch(
    /^pilotlight_answer_cache_hits_total\{model="sentiment",version="[\d.]+",variant="int8"\} 2$/m,
  );
  expect(metrics).toMatch(
    /^pilotlight_answer_cache_misses_total\{model="sentiment",version="[\d.]+",variant="int8"\} 2$/m,
  );
  expect(metrics).toMatch(/^pilotlight_answer_cache_answers 2$/m);
  expect(Number(/^pilotlight_answer_cache_bytes (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(1000);
  await engine.dispose();
});

it('an input is refused as ever where answers are kept, and refusals are not', async () => {
  const engine = new Engine({ packages, verify: 'size', answerCacheBytes: 1e6 });
  const wrong = { inputs: 'a', parameters: { top_k: 0 } };
  const { answers } = await asked(engine, [wrong, wrong]);
  expect(answers.map(({ status, cache }) => [status, cache])).toEqual([
    [422, null],
    [422, null],
  ]);
  expect(engine.answerCache).toMatchObject({ answers: 0, hits: 0, misses: 0 });
  await engine.dispose();
});

it('no answer is kept, and no header or metric speaks of it, unless that is asked for', async () => {
  const engine = new Engine({ packages, verify: 'size' });
  const { answers, metrics } = await asked(engine, [{ inputs: 'a' }, { inputs: 'a' }]);
  expect(answers.map(({ cache }) => cache)).toEqual([null, null]);
  expect(metrics).not.toContain('answer_cache');
  expect(engine.answerCache).toBeUndefined();
  await engine.dispose();
});
