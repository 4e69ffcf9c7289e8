import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type InferenceServer, startServer } from './server.ts';

const families = z.array(
  z.object({
    name: z.string(),
    type: z.enum(['COUNTER', 'GAUGE', 'UNTYPED']),
    metrics: z.array(
      z.object({ labels: z.record(z.string(), z.string()).default({}), value: z.coerce.number() }),
    ),
  }),
);
const OF_SENTIMENT = { model: 'sentiment', version: '1.0.1' };

/** By names; the parser forgets the labels of histograms, so that their samples are read as what they are on their lines. */
function parse(text: string) {
  const samples = text.replaceAll(/^# (HELP .*|TYPE \S+ histogram)\n/gm, '');
  return new Map(
    families.parse(parsePrometheusTextFormat(samples)).map(({ name, metrics }) => [name, metrics]),
  );
}

describe('metrics of the server of the container', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await startServer({
      PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    });
  });
  afterAll(() => server.signal('SIGKILL'));

  const scrape = async () => parse(await server.metrics());

  test('are a text that a parser of Prometheus reads, each family with its type and help, once', async () => {
    const text = await server.metrics();
    expect(() => parsePrometheusTextFormat(text)).not.toThrow();
    const [types, helps] = ['TYPE', 'HELP'].map((kind) =>
      [...text.matchAll(new RegExp(`^# ${kind} (\\S+) \\S+`, 'gm'))].map(([, name]) => name),
    );
    expect(helps).toEqual(types);
    expect(new Set(types).size).toBe(types?.length);
  });

  test('count predictions by status, successes, and failures by code, and nothing that is no prediction', async () => {
    await server.predict('a fine film');
    await server.predict(['one', 'two']);
    await server.predict(5);
    const all = await scrape();
    expect(all.get('te_request_count')).toEqual([
      { labels: { method: 'predict', model: 'sentiment', status: '200' }, value: 2 },
      { labels: { method: 'predict', model: 'sentiment', status: '422' }, value: 1 },
    ]);
    expect(all.get('te_request_success')).toEqual([
      { labels: { method: 'predict', model: 'sentiment' }, value: 2 },
    ]);
    expect(all.get('te_request_failure')).toEqual([
      { labels: { method: 'predict', model: 'sentiment', err: 'INVALID_INPUT' }, value: 1 },
    ]);
    expect(all.get('te_request_duration_count')).toEqual([
      { labels: { method: 'predict', model: 'sentiment' }, value: 2 },
    ]);
  });

  test('have the stages of predictions in seconds, and the lengths of their texts and batches in tokens', async () => {
    const all = await scrape();
    for (const stage of ['tokenization', 'queue', 'inference']) {
      const [sum] = all.get(`te_request_${stage}_duration_sum`) ?? [];
      const labels = { ...OF_SENTIMENT, variant: 'int8' };
      expect(all.get(`te_request_${stage}_duration_count`)).toEqual([{ labels, value: 2 }]);
      expect(sum?.value).toBeLessThan(10);
    }
    // [CLS] a fine film [SEP], [CLS] one [SEP], [CLS] two [SEP]
    expect(all.get('te_request_input_length_sum')).toEqual([{ labels: OF_SENTIMENT, value: 5 + 3 + 3 }]);
    expect(all.get('te_request_input_length_bucket')?.slice(0, 2)).toEqual([
      { labels: { ...OF_SENTIMENT, le: '4' }, value: 2 },
      { labels: { ...OF_SENTIMENT, le: '8' }, value: 3 },
    ]);
    expect(all.get('te_batch_next_size_sum')).toEqual([{ labels: OF_SENTIMENT, value: 3 }]);
    // A batch is padded to whole groups of four tokens.
    expect(all.get('te_batch_next_tokens_sum')).toEqual([{ labels: OF_SENTIMENT, value: 8 + 2 * 4 }]);
    expect(all.get('te_queue_size')).toEqual([{ labels: {}, value: 0 }]);
  });

  test('have each of these stages once', async () => {
    const names = [...(await server.metrics()).matchAll(/^# TYPE (\S+) histogram$/gm)].map(
      ([, name]) => name,
    );
    const stages = names.filter((name) => /tokenization|queue|inference/.test(name ?? ''));
    const work = ['request', 'embed', 'predict'];
    expect(stages).toEqual(
      work.flatMap((kind) =>
        ['tokenization', 'queue', 'inference'].map((stage) => `te_${kind}_${stage}_duration`),
      ),
    );
  });

  test('have what sessions run on, the memory of the process and the delay of its event loop', async () => {
    const all = await scrape();
    const value = (name: string) => all.get(name)?.[0]?.value ?? Number.NaN;
    expect(all.get('te_execution_provider')).toEqual([{ labels: { provider: 'cpu' }, value: 1 }]);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(value('nodejs_heap_size_used_bytes'));
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
    const [middle, high, longest] = ['p50', 'p99', 'max'].map((part) =>
      value(`nodejs_eventloop_lag_${part}_seconds`),
    );
    expect(middle).toBeLessThanOrEqual(high ?? Number.NaN);
    expect(high).toBeLessThanOrEqual(longest ?? Number.NaN);
    expect(longest).toBeLessThan(60);
  });

  test('have a counterpart in the headers of each answer of a route of TEI, in milliseconds', async () => {
    const body = JSON.stringify({ inputs: 'a fine film' });
    const { headers } = await fetch(`${server.url}/models/sentiment/predict`, { method: 'POST', body });
    const time = (name: string) => Number(headers.get(`x-${name}-time`) ?? Number.NaN);
    expect(headers.get('x-compute-tokens')).toBe('5');
    const [total, ...stages] = ['total', 'tokenization', 'queue', 'inference'].map(time);
    expect(stages.every((ms) => ms >= 0)).toBe(true);
    expect(stages.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual((total ?? 0) + 0.01);
  });
});
