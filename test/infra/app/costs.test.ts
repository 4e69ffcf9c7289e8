import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { InferenceApi } from '../../../infra/constructs/src/api/inference-api.ts';
import { InferenceFunction } from '../../../infra/constructs/src/function/inference-function.ts';
import {
  estimateCost,
  gbSeconds,
  US_EAST_1_PRICES,
} from '../../../infra/constructs/src/observability/cost/cost.ts';
import { countMetrics } from '../../../infra/constructs/src/observability/cost/custom-metrics.ts';

const costs = readFileSync('docs/explanation/costs.md', 'utf8');
const MONTH_SECONDS = 730 * 3600;
const usage = {
  architecture: 'arm64',
  memoryMegabytes: 1769,
  invocations: 0,
  durationMs: 0,
  initMs: 0,
} as const;
const monthly = (one: Partial<Parameters<typeof estimateCost>[0]['functions'][number]>, apiRequests = 0) =>
  estimateCost({ functions: [{ ...usage, ...one }], apiRequests });
const dollars = (value: number) => `${value.toFixed(2)} USD`;

test('docs/explanation/costs.md calculates cold-start measures as the dashboard does', () => {
  const ready = monthly({ provisionedSeconds: MONTH_SECONDS }).total;
  const warmUps = MONTH_SECONDS / 300;
  const held = monthly({ invocations: warmUps, durationMs: warmUps * 1000 }).total;
  const warmer = monthly({ memoryMegabytes: 512, invocations: warmUps, durationMs: warmUps * 1000 }).total;
  expect(costs).toContain(`| Lambda keeps N environments ready | ${dollars(ready)} |`);
  expect(costs).toContain(`| the same, 11 hours of 5 days | ${dollars((ready * 55) / 168)} |`);
  expect(costs).toContain(`| ${dollars(held)}, and ${dollars(warmer)} for the warmer; `);
});

test('docs/explanation/costs.md has the utilisation from which provisioned concurrency is the cheaper', () => {
  const { provisionedReadyGbSecond: r, lambdaGbSecond: d, provisionedGbSecond: p } = US_EAST_1_PRICES;
  const utilisation = r.arm64 / (d.arm64 - p.arm64);
  expect(costs).toContain(
    `u = r / (d - p) = ${r.arm64} / (${d.arm64} - ${p.arm64}) = ${Math.round(100 * utilisation)} %`,
  );
  const work = (share: number) => gbSeconds(share * 1000, 1769);
  const onDemand = work(utilisation) * d.arm64;
  expect(work(1) * r.arm64 + work(utilisation) * p.arm64).toBeCloseTo(onDemand, 12);
});

test('docs/explanation/costs.md has the price of a million requests, and says where prices are from', () => {
  const { compute, invocations, api } = monthly({ invocations: 1e6, durationMs: 20e6 }, 1e6);
  expect(costs).toContain(
    `${dollars(compute)} of compute, ${dollars(invocations)} of invocations, ${dollars(api)} of API Gateway`,
  );
  expect(costs).toContain(
    `Prices of ${US_EAST_1_PRICES.region}, without free tier and taxes, as third parties quote them`,
  );
});

test('docs/explanation/costs.md calculates what a function costs that waits for the server, as the dashboard does', () => {
  const { compute, invocations } = monthly({ invocations: 1e6, durationMs: 0.5 * 1e9 });
  const waiting = `| a function that waits half a second for the server, a million times | ${Math.round(compute + invocations)} |`;
  expect(costs).toContain(waiting);
});

test('docs/explanation/costs.md has one price of an instance, and what its idle time costs', () => {
  const prices = Array.from(
    costs.matchAll(/^\| g6\.xlarge, an hour[^|]*\| (\d\.\d\d) \|$/gm),
    ([, price]) => price,
  );
  expect(prices.length).toBeGreaterThan(1);
  expect(new Set(prices).size).toBe(1);
  expect(costs).toContain(`15 minutes by default, ${((15 / 60) * Number(prices[0])).toFixed(2)} USD`);
});

const THREE = { models: 3, stages: 'log', warmUps: false } as const;
const MONTH_HOURS = MONTH_SECONDS / 3600;
const metricsCost = (metrics: number) => monthly({ metricHours: metrics * MONTH_HOURS }).total.toFixed(2);

/** The bytes of a request in the table of what a function writes, and those of the access log. */
function documentedBytes(mode: string): { own: number; platform: number; access: number } {
  const [, own, platform] =
    new RegExp(`^\\| ${mode} \\| ([\\d,]+) \\| ([\\d,]+) \\|$`, 'm').exec(costs) ?? [];
  const [, access] = /The access log of the API has some (\d+) bytes/.exec(costs) ?? [];
  return { own: Number(own), platform: Number(platform), access: Number(access) };
}

test.each([
  ["`each`, `stageMetrics: 'metrics'`", "`each`, `stageMetrics: 'metrics'`", true],
  ['`each`', '`each`, the default', true],
  ['`minute`', "`minute`, `platformLogs: 'failures'`", false],
  ['`errors`', "`errors`, `platformLogs: 'failures'`", false],
])('docs/explanation/costs.md calculates what logs cost with %s', (mode, choice, platformLogs) => {
  const { own, platform, access } = documentedBytes(mode);
  const logBytes = 1e6 * (own + (platformLogs ? platform : 0) + access);
  const { logs } = monthly({ logBytes });
  expect(logs).toBeGreaterThan(0.1);
  expect(costs).toContain(`| ${choice} | ${logs.toFixed(2)} |`);
});

test('docs/explanation/costs.md counts metrics as the dashboard does, and has their price', () => {
  const usual = countMetrics(THREE);
  const stages = countMetrics({ ...THREE, stages: 'metrics' });
  const warmUps = countMetrics({ ...THREE, requests: false, warmUps: true });
  expect(costs).toContain(`the default | 0.55 | ${metricsCost(usual)} for ${usual} |`);
  expect(costs).toContain(`| ${metricsCost(stages)} for ${stages} |`);
  expect(costs).toContain(
    `another ${warmUps} metrics alive for three models, day and night: ${metricsCost(warmUps)} USD`,
  );
});

test('docs/explanation/costs.md has the bytes of the access log of the API', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const slots = new InferenceFunction(stack, 'Slots', { models: ['slots'] });
  new InferenceApi(stack, 'Api', { function: slots, auth: { kind: 'iam' } });
  const [stage] = Object.values(Template.fromStack(stack).findResources('AWS::ApiGatewayV2::Stage'));
  const sample: Readonly<Record<string, string>> = {
    ...{
      requestId: 'AbCdEfGhFiAEJqQ=',
      requestTimeEpoch: '1793261522123',
      'identity.sourceIp': '203.0.113.7',
    },
    ...{
      routeKey: 'POST /models/{model}',
      status: '200',
      responseLatency: '25',
      'integration.latency': '24',
    },
    ...{ integrationStatus: '200', 'integration.integrationStatus': '200', responseLength: '93' },
  };
  const line = String(stage?.Properties.AccessLogSettings.Format).replaceAll(
    /\$context\.([\w.]+)/g,
    (_, field: string) => sample[field] ?? '-',
  );
  const { access } = documentedBytes('`each`');
  expect(Math.abs(Buffer.byteLength(line) - access)).toBeLessThan(access / 10);
});

test('docs/explanation/costs.md adds up its small example', () => {
  const { total } = monthly({ invocations: 1e6, durationMs: 20e6 }, 1e6);
  const rows = Object.fromEntries(
    Array.from(costs.matchAll(/^\| ([^|]+) \| (\d+\.\d\d) \|$/gm), ([, what = '', price]) => [
      what,
      Number(price),
    ]),
  );
  const price = (start: string) => rows[Object.keys(rows).find((what) => what.startsWith(start)) ?? ''];
  const alarms = Number(/`demo\.dev` has \d+, paid as (\d+)/.exec(costs)?.[1]);
  const watching =
    (price('dashboard (three') ?? 0) + alarms * (price('alarm, each') ?? 0) + (price('KMS key') ?? 0);
  const warmUps = MONTH_SECONDS / 300;
  const held = monthly({ invocations: warmUps, durationMs: warmUps * 1000 }).total;
  const warmer = monthly({ memoryMegabytes: 512, invocations: warmUps, durationMs: warmUps * 1000 }).total;
  expect(price('a million requests of 20 ms')).toBeCloseTo(total, 2);
  expect(price('dashboard, 18 alarms')).toBeCloseTo(watching, 2);
  expect(price('three environments')).toBeCloseTo(3 * held + warmer, 1);
  const one = { models: 1, stages: 'log', warmUps: false } as const;
  const { own, platform, access } = documentedBytes('`each`');
  const bytes = own + platform + access;
  expect(price(`their logs, ${bytes.toLocaleString('en')} bytes a request`)).toBeCloseTo(
    monthly({ logBytes: 1e6 * bytes }).logs,
    2,
  );
  const [asked, warmed] = [countMetrics(one), countMetrics({ ...one, requests: false, warmUps: true })];
  expect(costs).toContain(`in every hour, ${asked} of them | ${metricsCost(asked)} |`);
  expect(costs).toContain(`round the clock, ${warmed} of them | ${metricsCost(warmed)} |`);
});
