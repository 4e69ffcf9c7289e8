import { describe, expect, it } from 'vitest';
import { PrometheusMetrics } from '../../../functions/app/src/telemetry/prometheus.ts';
import { Counter, gauge, Histogram } from '../../../functions/app/src/telemetry/prometheus-text.ts';
import { exchange, record } from './telemetry-records.ts';

describe('metrics of Prometheus', () => {
  const render = (tell: (metrics: PrometheusMetrics) => void, loaded = 2) => {
    const metrics = new PrometheusMetrics(() => loaded);
    tell(metrics);
    return metrics.render().split('\n');
  };
  /** Lines of one metric but for its buckets. */
  const linesOf = (lines: readonly string[], name: string) =>
    lines.filter((line) => new RegExp(`^(?:# (?:HELP|TYPE) )?${name}(?:_sum|_count)?[ {]`).test(line));

  it('time a prediction that was made in seconds', () => {
    const lines = render((metrics) => metrics.answered(exchange()));
    const labels = '{method="teiEmbed",model="encoder"}';
    expect(linesOf(lines, 'te_request_duration')).toEqual([
      '# HELP te_request_duration Seconds from the head of a request to its prediction.',
      '# TYPE te_request_duration histogram',
      `te_request_duration_sum${labels} 0.25`,
      `te_request_duration_count${labels} 1`,
    ]);
    expect(lines).toContain(`te_request_success${labels} 1`);
    expect(lines).toContain('te_request_count{method="teiEmbed",model="encoder",status="200"} 1');
    expect(lines.filter((line) => line.startsWith('te_request_failure{'))).toEqual([]);
    expect(lines).toContain('pilotlight_request_duration_seconds_sum{route="teiEmbed",model="encoder"} 0.25');
  });

  it.each([400, 503])(
    'count a prediction that was answered with %i as a failure, and do not time it',
    (status) => {
      const lines = render((metrics) => metrics.answered(exchange({ status, code: 'SOME_CODE' })));
      expect(lines).toContain('te_request_failure{method="teiEmbed",model="encoder",err="SOME_CODE"} 1');
      expect(lines).toContain('te_embed_count{model="encoder"} 1');
      const made = lines.filter((line) =>
        /^te_(?:request_success|request_duration|embed_success|embed_duration)\w*\{/.test(line),
      );
      expect(made).toEqual([]);
    },
  );

  it('count what asks for no prediction among the requests alone', () => {
    const lines = render((metrics) =>
      metrics.answered(exchange({ route: 'health', predicts: false, model: '', version: '' })),
    );
    expect(lines).toContain(
      'pilotlight_request_total{route="health",model="",version="",status="200",code=""} 1',
    );
    expect(lines.filter((line) => /^te_\w+\{/.test(line))).toEqual([]);
  });

  it('say nothing of generated texts before the first, and then how many tokens there were, how fast, why they ended, and how many had been read before', () => {
    const generation = {
      promptTokens: 7,
      newTokens: 9,
      seeds: [],
      finishReasons: ['eos_token', 'length', 'length'] as const,
      pace: [{ firstTokenMs: 40, tokenMs: 5 }],
      prefixes: { hits: 2, tokens: 320 },
    };
    const before = render((metrics) => metrics.predicted(record()));
    expect(before.filter((line) => line.includes('generated'))).toEqual([]);
    const lines = render((metrics) => metrics.predicted(record({ generation })));
    const labels = 'model="encoder",version="1.0.0",variant="int8"';
    for (const line of [
      `pilotlight_prompt_tokens_total{${labels}} 7`,
      `pilotlight_generated_tokens_total{${labels}} 9`,
      `pilotlight_generated_sequences_total{${labels},finish_reason="eos_token"} 1`,
      `pilotlight_generated_sequences_total{${labels},finish_reason="length"} 2`,
      `pilotlight_first_token_seconds_sum{${labels}} 0.04`,
      `pilotlight_token_seconds_sum{${labels}} 0.005`,
      `pilotlight_prefix_cache_hits_total{${labels}} 2`,
      `pilotlight_prefix_cache_tokens_total{${labels}} 320`,
    ])
      expect(lines).toContain(line);
  });

  it.each([
    ['tokenization', '0.001', 'From text to tokens.'],
    ['queue', '0.02', 'Waiting for batches of other requests.'],
    ['inference', '0.3', 'In the model.'],
    ['postprocess', '4', 'From logits to results.'],
  ])('have the stage %s of a prediction in seconds', (stage, seconds, help) => {
    const lines = render((metrics) => metrics.predicted(record()));
    const name = `te_request_${stage}_duration`;
    expect(linesOf(lines, name)).toEqual([
      `# HELP ${name} ${help}`,
      `# TYPE ${name} histogram`,
      `${name}_sum{model="encoder",version="1.0.0",variant="int8"} ${seconds}`,
      `${name}_count{model="encoder",version="1.0.0",variant="int8"} 1`,
    ]);
  });

  it.each([
    ['pilotlight_inputs_total', 3, 'Inputs predicted.'],
    ['pilotlight_tokens_total', 50, 'Tokens read by the models, special tokens included.'],
    ['pilotlight_padding_tokens_total', 7, 'Padding read beside them.'],
  ])('add up %s', (name, value, help) => {
    const lines = render((metrics) => {
      metrics.predicted(record());
      metrics.predicted(record());
    });
    expect(linesOf(lines, name)).toEqual([
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      `${name}{model="encoder",version="1.0.0",variant="int8"} ${2 * value}`,
    ]);
  });

  it.each([
    ['teiEmbed', 'embed'],
    ['teiDefaultEmbed', 'embed'],
    ['teiSimilarity', 'embed'],
    ['openAiEmbeddings', 'embed'],
    ['teiPredict', 'predict'],
    ['teiDefaultRerank', 'predict'],
  ])('count %s as what TEI calls %s', (route, kind) => {
    const lines = render((metrics) => {
      metrics.answered(exchange({ route }));
      metrics.predicted(record({ route }));
    });
    expect(linesOf(lines, `te_${kind}_count`)).toEqual([
      `# HELP te_${kind}_count Requests to ${kind}.`,
      `# TYPE te_${kind}_count counter`,
      `te_${kind}_count{model="encoder"} 1`,
    ]);
    expect(lines).toContain(`te_${kind}_success{model="encoder"} 1`);
    expect(lines).toContain(`te_${kind}_duration_sum{model="encoder"} 0.25`);
    expect(lines).toContain(`te_${kind}_tokenization_duration_sum{model="encoder"} 0.001`);
    expect(lines).toContain(`te_${kind}_queue_duration_sum{model="encoder"} 0.02`);
    expect(lines).toContain(`te_${kind}_inference_duration_sum{model="encoder"} 0.3`);
    const other = kind === 'embed' ? 'predict' : 'embed';
    expect(lines.filter((line) => line.startsWith(`te_${other}_`) && line.includes('{'))).toEqual([]);
  });

  it.each(['predict', 'openAiModels', 'teiTokenize', 'v2Infer'])(
    'count %s under neither of the names of TEI',
    (route) => {
      const lines = render((metrics) => metrics.answered(exchange({ route })));
      expect(lines.filter((line) => /^te_(?:embed|predict)_\w+\{/.test(line))).toEqual([]);
    },
  );

  it('say nothing of the server before the first request that was for it, and then whether it is asked', () => {
    expect(render(() => undefined).join('\n')).not.toContain('handed_over');
    const tell = (circuit: 'closed' | 'open') =>
      render((metrics) => metrics.handedOver({ model: 'encoder', outcome: 'forwarded', circuit }));
    expect(tell('closed')).toContain('pilotlight_circuit_open 0');
    expect(tell('open')).toContain('pilotlight_circuit_open 1');
    expect(tell('open')).toContain('pilotlight_handed_over_total{model="encoder",outcome="forwarded"} 1');
    expect(linesOf(tell('open'), 'pilotlight_circuit_open')[0]).toBe(
      '# HELP pilotlight_circuit_open 1 while the server is not asked, because it did not answer.',
    );
  });

  it('have the models in memory and the process, and end with a line break', () => {
    const lines = render(() => undefined, 5);
    expect(lines).toContain('pilotlight_models_loaded 5');
    expect(lines).toContain('# TYPE process_resident_memory_bytes gauge');
    expect(lines.some((line) => /^process_uptime_seconds \d+\.\d+$/.test(line))).toBe(true);
    expect(lines.at(-1)).toBe('');
  });
});

describe('the text of Prometheus', () => {
  it('has a gauge without labels as a bare name, and one with labels in braces', () => {
    expect(gauge('a', 'Help.', 2)).toEqual(['# HELP a Help.', '# TYPE a gauge', 'a 2']);
    expect(gauge('a', 'Help.', 2, { b: 'c', d: 1 })[2]).toBe('a{b="c",d="1"} 2');
  });

  it('adds one where no amount is named', () => {
    const counter = new Counter();
    counter.add({});
    counter.add({}, 2);
    expect(counter.render('a', 'Help.')[2]).toBe('a 3');
  });

  it('has the buckets of a histogram up to and with their bounds, each with those below it', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [1, 1.5, 2, 3]) histogram.observe({ a: 'b' }, value);
    expect(histogram.render('h', 'Help.').slice(2)).toEqual([
      'h_bucket{a="b",le="1"} 1',
      'h_bucket{a="b",le="2"} 3',
      'h_bucket{a="b",le="+Inf"} 4',
      'h_sum{a="b"} 7.5',
      'h_count{a="b"} 4',
    ]);
  });
});
