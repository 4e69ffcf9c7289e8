import { App, Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { expect, test } from 'vitest';
import {
  estimateCost,
  type FunctionUsage,
  US_EAST_1_PRICES,
} from '../../../infra/constructs/src/observability/cost/cost.ts';
import {
  apiCost,
  functionCost,
  monthlyCost,
} from '../../../infra/constructs/src/observability/cost/metric-math.ts';
import { estimateWebCost } from '../../../infra/constructs/src/observability/cost/web-cost.ts';

const idle: FunctionUsage = {
  architecture: 'x64',
  memoryMegabytes: 1024,
  invocations: 0,
  durationMs: 0,
  initMs: 0,
};
const million: FunctionUsage = { ...idle, memoryMegabytes: 512, invocations: 3_000_000, durationMs: 3e9 };

test('agrees with the first example of the price page of AWS Lambda, without its free tier', () => {
  // 3 million requests of 1 s at 512 MB are 1.5 million GB-seconds: https://aws.amazon.com/lambda/pricing/
  const { compute, invocations, total } = estimateCost({ functions: [million], apiRequests: 0 });
  expect(compute).toBeCloseTo(25.0, 2);
  expect(invocations).toBeCloseTo(0.6, 6);
  expect(total).toBeCloseTo(compute + invocations, 9);
});

test('bills init phases as it bills work', () => {
  const initOnly = { ...million, durationMs: 0, initMs: million.durationMs };
  expect(estimateCost({ functions: [initOnly], apiRequests: 0 })).toEqual(
    estimateCost({ functions: [million], apiRequests: 0 }),
  );
});

test('charges for environments that stand ready and do nothing', () => {
  const ready = { ...idle, architecture: 'arm64' as const, provisionedSeconds: 10 * 3600 };
  expect(estimateCost({ functions: [ready], apiRequests: 0 }).total).toBeCloseTo(36_000 * 0.0000033334, 9);
});

test('charges less for work where an environment stands ready', () => {
  const cost = (one: FunctionUsage) => estimateCost({ functions: [one], apiRequests: 0 }).compute;
  expect(cost({ ...million, provisionedSeconds: 1 })).toBeLessThan(cost(million));
  expect(cost({ ...million, provisionedSeconds: 1, provisionedShare: 0 })).toBe(cost(million));
});

test('charges for what goes into the log, and for metrics by the hours in which they have values', () => {
  const { logs, metrics, total } = estimateCost({
    functions: [{ ...idle, logBytes: 3 * 2 ** 30, metricHours: 20 * 730 }],
    apiRequests: 0,
  });
  expect([logs, metrics]).toEqual([1.5, 6]);
  expect(total).toBeCloseTo(7.5, 9);
});

test('charges for no metric in an hour without an invocation', () => {
  const metric = new Metric({ namespace: 'N', metricName: 'M' });
  const { expression } = functionCost(
    'f0',
    {
      ...{ label: 'a', architecture: 'arm64', memoryMegabytes: 512, metrics: 20 },
      ...{ duration: metric, invocations: metric, logBytes: metric },
    },
    US_EAST_1_PRICES,
  );
  expect(evaluate(expression, {})).toBe(0);
  expect(evaluate(expression, { f0_invocations: 1 })).toBeCloseTo((20 * 0.3) / 730 + 0.2e-6, 9);
});

test('charges for requests to the API', () => {
  expect(estimateCost({ functions: [], apiRequests: 5_000_000 }).api).toBeCloseTo(5, 9);
});

test('the metric math of the dashboard gives what the formula gives', () => {
  const metric = (metricName: string) => new Metric({ namespace: 'N', metricName });
  const part = functionCost(
    'f0',
    {
      label: 'sentiment',
      architecture: 'arm64',
      memoryMegabytes: 1769,
      provisioned: 2,
      duration: metric('Duration'),
      init: metric('InitTime'),
      invocations: metric('Invocations'),
      logBytes: metric('IncomingBytes'),
      metrics: 20,
    },
    US_EAST_1_PRICES,
  );
  const used = {
    ...{ f0_duration: 900_000, f0_init: 4_000, f0_invocations: 12_345, api_requests: 12_400 },
    f0_log: 7_654_321,
    api_log: 5_432_100,
  };
  const usage = { architecture: 'arm64', memoryMegabytes: 1769, provisionedSeconds: 2 * 3600 } as const;
  const expected = estimateCost({
    functions: [
      {
        ...{ ...usage, durationMs: 900_000, initMs: 4_000, invocations: 12_345 },
        logBytes: 7_654_321,
        metricHours: 20,
      },
    ],
    apiRequests: 12_400,
    apiLogBytes: 5_432_100,
  });
  const api = apiCost(metric('Count'), metric('IncomingBytes'), US_EAST_1_PRICES);
  const hour = evaluate(part.expression, used) + evaluate(api.expression, used);
  expect(hour).toBeCloseTo(expected.total, 6);
  const month = monthlyCost([part, api]);
  expect(evaluate(month.expression, { part0: 1, part1: 0.5 })).toBeCloseTo(1.5 * 730, 6);
  expect(part.period).toEqual(Duration.hours(1));
});

test('a stack can show the estimate of several functions in one graph', () => {
  const metric = new Metric({ namespace: 'N', metricName: 'M' });
  const one = {
    label: 'a',
    architecture: 'arm64',
    memoryMegabytes: 512,
    duration: metric,
    invocations: metric,
    logBytes: metric,
    metrics: 1,
  } as const;
  const parts = ['f0', 'f1'].map((id) => functionCost(id, one, US_EAST_1_PRICES));
  const alarm = monthlyCost(parts).createAlarm(new Stack(new App(), 'S'), 'A', {
    threshold: 1,
    evaluationPeriods: 1,
  });
  expect(alarm.metric).toBeDefined();
});

/** Metric math with what the expressions use of it, over one hour: +, *, parentheses, FILL, PERIOD, and IF something is above 0. */
function evaluate(expression: string, values: Readonly<Record<string, number>>): number {
  const plain = expression
    .replace(/FILL\((\w+), 0\)/g, (_, id: string) => String(values[id] ?? 0))
    .replace(/PERIOD\(\w+\)/g, '3600')
    .replace(/IF\(([\d.]+) > 0, ([\d.]+), 0\)/g, (_, value: string, then: string) =>
      Number(value) > 0 ? then : '0',
    );
  expect(plain).toMatch(/^[\d.+*() ]+$/);
  return Number(new Function(`return ${plain}`)());
}

test('a web function costs its requests, the work of its CPUs, and the memory of its environments while they live', () => {
  const usage = { requests: 1000, cpuSeconds: 20, environmentSeconds: 600, memoryGb: 0.5 };
  const cost = estimateWebCost(usage, { request: 0.001, cpuSecond: 0.1, memoryGbSecond: 0.01 });
  expect(cost).toEqual({ requests: 1, cpu: 2, memory: 3, total: 6 });
});
