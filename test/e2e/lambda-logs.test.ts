/** What the predict function writes into its log, in bytes: docs/explanation/costs.md calculates with them. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { countMetrics } from '../../infra/constructs/src/observability/cost/custom-metrics.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { cases } from '../scale.ts';
import { PACKAGES } from './packages.ts';

const EVENT = readFileSync('test/fixtures/events/predict.json', 'utf8');
const MODELS = ['sentiment', 'intent', 'slots'];
const REQUESTS = 200;

interface Log {
  /** Of a warm request, on average. */
  readonly bytes: { readonly own: number; readonly platform: number };
  /** Distinct names of metrics with their dimensions, of requests and of a start. */
  readonly metrics: number;
}

async function measure(environment: Readonly<Record<string, string>>): Promise<Log> {
  const bytes = { own: 0, platform: 0 };
  const metrics = new Set<string>();
  let counts = false;
  const definition = await builtPredict(
    MODELS.map((name) => describePackage(PACKAGES, { name })),
    { environment },
  );
  const lambda = await LocalLambda.start({
    functions: [definition],
    log: ({ source, text }) => {
      if (counts) bytes[source === 'platform' ? 'platform' : 'own'] += Buffer.byteLength(text);
      if (text.startsWith('{')) for (const name of metricsIn(JSON.parse(text))) metrics.add(name);
    },
  });
  const ask = async (model = 'sentiment') => {
    const event = { ...JSON.parse(EVENT), rawPath: `/models/${model}` };
    const { payload } = await lambda.invoke({ functionName: 'predict', payload: JSON.stringify(event) });
    expect(JSON.parse(payload.toString()).statusCode).toBe(200);
  };
  for (const model of MODELS) await ask(model);
  counts = true;
  for (let n = 0; n < REQUESTS; n++) await ask();
  await lambda.close();
  return {
    bytes: { own: bytes.own / REQUESTS, platform: bytes.platform / REQUESTS },
    metrics: metrics.size,
  };
}

function metricsIn(line: Record<string, unknown>): string[] {
  const { CloudWatchMetrics: directives = [] } = Object(line._aws);
  return directives.flatMap(
    ({ Dimensions, Metrics }: { Dimensions: string[][]; Metrics: { Name: string }[] }) =>
      Dimensions.flatMap((names) =>
        Metrics.map(({ Name }) => `${Name} ${names.map((name) => line[name]).join(' ')}`),
      ),
  );
}

/** The figures of a row of the table, in bytes. */
function documented(mode: string): number[] {
  const costs = readFileSync('docs/explanation/costs.md', 'utf8');
  const [, cells = ''] = new RegExp(`^\\| ${mode} \\|(.*)\\|$`, 'm').exec(costs) ?? [];
  return cells.split('|').map((cell) => Number(cell.replaceAll(',', '')));
}

/** `npm test` takes the first two. */
const MODES = {
  '`each`': {},
  '`minute`': { PILOTLIGHT_REQUEST_METRICS: 'minute' },
  "`each`, `stageMetrics: 'metrics'`": { PILOTLIGHT_STAGE_METRICS: 'metrics' },
  '`errors`': { PILOTLIGHT_REQUEST_METRICS: 'errors' },
};
const MEASURED = Object.entries(MODES).slice(0, cases({ short: 2, long: 4 }));

describe.each(MEASURED)('the log of three models with %s', (mode, environment) => {
  let log: Log;
  beforeAll(async () => {
    log = await measure(environment);
  });

  test('has the bytes that docs/explanation/costs.md says, within a tenth', () => {
    const [own = Number.NaN, platform = Number.NaN] = documented(mode);
    expect(Math.abs(log.bytes.own - own)).toBeLessThanOrEqual(Math.max(own / 10, 5));
    expect(Math.abs(log.bytes.platform - platform)).toBeLessThanOrEqual(platform / 10);
  });

  test('keeps as many metrics alive as the estimate of the dashboard counts', () => {
    const stages = 'PILOTLIGHT_STAGE_METRICS' in environment ? 'metrics' : 'log';
    const requests = mode !== '`errors`';
    const expected = countMetrics({ models: MODELS.length, stages, requests: true, warmUps: false });
    if (requests) expect(log.metrics).toBe(expected);
    else expect(log.metrics).toBeLessThan(expected);
  });
});
