import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { addMetrics, type EmfSettings, emfTelemetry } from '../../../functions/app/src/telemetry/emf.ts';
import { STAGE_METRICS } from '../../../functions/app/src/telemetry/stage-metrics.ts';
import { exchange, record } from './telemetry-records.ts';

const lineSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.literal('Pilotlight'),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});
type Line = z.infer<typeof lineSchema>;

/** 2030-01-01 */
const START = 1_893_456_000_000;
let lines: Line[];
let time: number;

beforeEach(() => {
  lines = [];
  time = START;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', undefined);
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(lineSchema.parse(JSON.parse(line)));
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const makeMetrics = () => new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
const start = (settings: Partial<EmfSettings> = {}) =>
  emfTelemetry(makeMetrics(), { requests: 'each', stages: 'log', now: () => time, ...settings });
type Telemetry = ReturnType<typeof start>;

/** The only line, after `tell` has told what happened. */
function emit(tell: (telemetry: Telemetry) => void, settings: Partial<EmfSettings> = {}): Line {
  const telemetry = start(settings);
  tell(telemetry);
  telemetry.flush();
  const [line, ...more] = lines;
  if (!line || more.length > 0) throw new Error(`There are ${lines.length} lines.`);
  return line;
}

const metricsOf = (line: Line | undefined) =>
  line?._aws.CloudWatchMetrics[0]?.Metrics.map(({ Name, Unit }) => `${Name} ${Unit}`);

const generation = {
  promptTokens: 7,
  newTokens: 9,
  seeds: [],
  finishReasons: ['eos_token', 'length', 'length'] as const,
  pace: [{ firstTokenMs: 40, tokenMs: 5 }],
  prefixes: { hits: 0, tokens: 0 },
};

describe('metrics of CloudWatch', () => {
  it.each([
    [200, '', undefined, 0],
    [399, '', undefined, 0],
    [400, 'INVALID_JSON', 1, 0],
    [499, 'INVALID_JSON', 1, 0],
    [500, 'INTERNAL', undefined, 1],
    [503, 'NOT_READY', undefined, 1],
  ])(
    'count an answer of status %i as one request, and as an error of client or server',
    (status, code, client, server) => {
      const line = emit((telemetry) => telemetry.answered(exchange({ status, code })));
      expect(line).toMatchObject({ Requests: 1, ServerErrors: server, RequestTime: 250 });
      expect(line.ClientErrors).toBe(client);
      expect(line).toMatchObject({ route: 'teiEmbed', model: 'encoder', service: 'pilotlight' });
      expect(line.code).toBe(code === '' ? undefined : code);
    },
  );

  it('have the tokens of generated texts, their pace and why they ended', () => {
    const line = emit((telemetry) => telemetry.predicted?.(record({ generation })));
    expect(line).toMatchObject({
      GeneratedTokens: 9,
      FirstTokenTime: 40,
      TokenTime: 5,
      finishReason: 'eos_token length',
    });
    expect(line).not.toHaveProperty('PrefixCacheHits');
  });

  it('have the inputs whose prompts began as earlier ones, and the tokens that these had left', () => {
    const prefixes = { hits: 2, tokens: 320 };
    const line = emit((telemetry) =>
      telemetry.predicted?.(record({ generation: { ...generation, prefixes } })),
    );
    expect(line).toMatchObject({ PrefixCacheHits: '2', PrefixCacheTokens: '320' });
  });

  it('have the version of the model that answered, which is no dimension', () => {
    const line = emit((telemetry) => telemetry.predicted?.(record({ version: '2.1.0' })));
    expect(line.modelVersion).toBe('2.1.0');
    expect(line._aws.CloudWatchMetrics[0]?.Dimensions.flat()).not.toContain('modelVersion');
  });

  it('have no model for a request that named none', () => {
    const line = emit((telemetry) => telemetry.answered(exchange({ model: '' })));
    expect(line).not.toHaveProperty('model');
    expect(line._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service']]);
  });

  it('give the memory of the process in megabytes of 2^20 bytes', () => {
    const { MemoryUsed } = emit((telemetry) => telemetry.answered(exchange()));
    const megabytes = process.memoryUsage.rss() / 2 ** 20;
    expect(Number(MemoryUsed) / megabytes).toBeGreaterThan(0.8);
    expect(Number(MemoryUsed) / megabytes).toBeLessThan(1.2);
  });

  it('have the inputs, tokens and stages of a prediction, each in its unit, where metrics of stages are asked for', () => {
    const line = emit((telemetry) => telemetry.predicted?.(record()), { stages: 'metrics' });
    expect(line).toMatchObject({ Inputs: 3, Tokens: 50, PaddingTokens: 7 });
    expect(line).toMatchObject({
      TokenizationTime: 1,
      QueueTime: 20,
      InferenceTime: 300,
      PostprocessTime: 4000,
    });
    expect(metricsOf(line)).toEqual([
      'Inputs Count',
      'Tokens Count',
      'PaddingTokens Count',
      'TokenizationTime Milliseconds',
      'QueueTime Milliseconds',
      'InferenceTime Milliseconds',
      'PostprocessTime Milliseconds',
    ]);
  });

  it('have stages as fields of the line otherwise, of which CloudWatch makes no metrics', () => {
    const line = emit((telemetry) => {
      telemetry.predicted?.(record({ cached: true }));
      telemetry.answered(exchange());
    });
    expect(metricsOf(line)).toEqual([
      'Tokens Count',
      'Requests Count',
      'ServerErrors Count',
      'InferenceTime Milliseconds',
      'RequestTime Milliseconds',
    ]);
    expect(line).toMatchObject({ Inputs: '3', TokenizationTime: '1', QueueTime: '20', AnswerCacheHits: '1' });
    const fields = STAGE_METRICS.filter((name) => name in line);
    expect(fields).toEqual(STAGE_METRICS.slice(0, 8));
  });

  it('have no more digits than microseconds need, because bytes are paid for', () => {
    const timings = { tokenizeMs: 0.123456789, queueMs: 0, inferMs: 1.0004999, postprocessMs: 2 / 3 };
    const line = emit((telemetry) => telemetry.predicted?.(record({ timings })));
    expect(line).toMatchObject({ TokenizationTime: '0.123', InferenceTime: 1, PostprocessTime: '0.667' });
  });

  it.each([
    ['forwarded', 'closed', { Forwarded: 1, Queued: 0, CircuitOpen: 0 }],
    ['queued', 'open', { Forwarded: 0, Queued: 1, CircuitOpen: 1 }],
    ['here', 'half-open', { Forwarded: 0, Queued: 0, CircuitOpen: 1 }],
  ] as const)('say that a request was %s, with a circuit that is %s', (outcome, circuit, values) => {
    const line = emit((telemetry) => telemetry.handedOver?.({ model: 'encoder', outcome, circuit }));
    expect(line).toMatchObject({ ...values, handedOver: outcome });
  });

  it('that others add have their stages as fields, too', () => {
    const metrics = makeMetrics();
    addMetrics(metrics, { LoadTime: 7, SessionTime: 5 });
    metrics.publishStoredMetrics();
    addMetrics(metrics, { LoadTime: 7, SessionTime: 5 }, 'metrics');
    metrics.publishStoredMetrics();
    expect(lines.map(metricsOf)).toEqual([
      ['LoadTime Milliseconds'],
      ['LoadTime Milliseconds', 'SessionTime Milliseconds'],
    ]);
    expect(lines).toMatchObject([{ SessionTime: '5' }, { SessionTime: 5 }]);
  });
});

describe('metrics of a version of the function, which a canary watches', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'predict');
    vi.stubEnv('AWS_LAMBDA_FUNCTION_VERSION', '12');
  });

  it.each(['each', 'minute', 'errors'] as const)(
    'are written at once for an error of the server and for no other request, where requests are told of by %s',
    (requests) => {
      const telemetry = start({ requests });
      for (const status of [500, 200, 400]) telemetry.answered(exchange({ status }));
      const ofVersion = lines.filter((line) => 'version' in line);
      expect(ofVersion).toMatchObject([
        {
          function_name: 'predict',
          version: '12',
          VersionErrors: 1,
          _aws: {
            CloudWatchMetrics: [
              {
                Dimensions: [['service', 'function_name', 'version']],
                Metrics: [{ Name: 'VersionErrors', Unit: 'Count' }],
              },
            ],
          },
        },
      ]);
    },
  );

  it('are none outside of Lambda', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', undefined);
    start().answered(exchange({ status: 500 }));
    expect(lines).toMatchObject([{ ServerErrors: 1 }]);
  });
});

describe('one line a minute', () => {
  const minute = () => start({ requests: 'minute' });
  const ask = (telemetry: Telemetry, at: number, changes: Parameters<typeof exchange>[0] = {}) => {
    time = START + at * 1000;
    if ((changes.status ?? 200) < 400) telemetry.predicted?.(record());
    telemetry.answered(exchange(changes));
  };
  const requests = () => lines.map(({ Requests }) => Requests);

  it('is written with the first request of an environment, and then has all of a minute', () => {
    const telemetry = minute();
    for (const second of [0, 1, 30, 59.9]) ask(telemetry, second, { ms: second });
    expect(requests()).toEqual([1]);
    ask(telemetry, 60, { ms: 60 });
    expect(requests()).toEqual([1, 4]);
    expect(lines[1]).toMatchObject({ RequestTime: [1, 30, 59.9, 60], Tokens: 200, Inputs: '12' });
    expect(lines[1]?._aws.Timestamp).toBeGreaterThan(0);
  });

  it('has every request in its sums, and as many of their times as it holds, each as likely as the others', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const telemetry = minute();
    for (let n = 0; n <= 1000; n++) ask(telemetry, n / 100, { ms: n });
    telemetry.flush();
    expect(requests()).toEqual([1, 1000]);
    const times = z.array(z.number()).length(99).parse(lines[1]?.RequestTime);
    // The first place is drawn each time.
    expect([times[0], times[1], times[98]]).toEqual([1000, 2, 99]);
  });

  it('is one for each model, and for each code of error', () => {
    const telemetry = minute();
    ask(telemetry, 0);
    for (const code of ['', 'INVALID_JSON', 'INVALID_JSON', 'TOO_MANY_INPUTS']) {
      ask(telemetry, 1, { code, status: code === '' ? 200 : 400 });
    }
    ask(telemetry, 2, { model: 'other' });
    telemetry.flush();
    const told = lines
      .slice(1)
      .filter((line) => 'Requests' in line)
      .map(({ model, code, Requests, ClientErrors }) => [model, code, Requests, ClientErrors]);
    expect(told).toEqual([
      ['encoder', undefined, 1, undefined],
      ['encoder', 'INVALID_JSON', 2, 2],
      ['encoder', 'TOO_MANY_INPUTS', 1, 1],
      ['other', undefined, 1, undefined],
    ]);
  });

  it('does not wait where a request ends in an error of the server, so that an alarm sees errors and requests together', () => {
    const telemetry = minute();
    for (const second of [0, 1, 2]) ask(telemetry, second);
    ask(telemetry, 3, { status: 500, code: 'INTERNAL' });
    expect(requests()).toEqual([1, 2, 1]);
    expect(lines[2]).toMatchObject({ ServerErrors: 1, code: 'INTERNAL' });
  });

  it('has the time of its requests where they stopped coming before it was written', () => {
    const telemetry = minute();
    for (const second of [0, 10, 20]) ask(telemetry, second);
    ask(telemetry, 3600);
    expect(requests()).toEqual([1, 2, 1]);
    expect(lines[1]?._aws.Timestamp).toBe(START + 20_000);
    expect(lines[2]?._aws.Timestamp).not.toBe(START + 20_000);
  });

  it('is written at the end of the process, and once', () => {
    const telemetry = minute();
    for (const second of [0, 1]) ask(telemetry, second);
    telemetry.flush();
    telemetry.flush();
    expect(requests()).toEqual([1, 1]);
  });
});

describe('where only errors are told', () => {
  it('a request that was answered leaves no line, and one that ended in an error of the server leaves one', () => {
    const telemetry = start({ requests: 'errors' });
    telemetry.predicted?.(record());
    for (const status of [200, 404, 503]) telemetry.answered(exchange({ status }));
    telemetry.flush();
    expect(lines).toMatchObject([{ Requests: 1, ServerErrors: 1, model: 'encoder' }]);
  });
});
