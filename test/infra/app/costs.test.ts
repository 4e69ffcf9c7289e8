import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costOf, gbSeconds, US_EAST_1_PRICES } from '../../../infra/constructs/src/cost.ts';

const deploy = readFileSync('docs/how-to/deploy.md', 'utf8');
const gpu = readFileSync('docs/reference/server.md', 'utf8');
const MONTH_SECONDS = 730 * 3600;
const usage = {
  architecture: 'arm64',
  memoryMegabytes: 1769,
  invocations: 0,
  durationMs: 0,
  initMs: 0,
} as const;
const monthly = (one: Partial<Parameters<typeof costOf>[0]['functions'][number]>, apiRequests = 0) =>
  costOf({ functions: [{ ...usage, ...one }], apiRequests });
const dollars = (value: number) => `${value.toFixed(2)} USD`;

test('docs/how-to/deploy.md calculates cold-start measures as the dashboard does', () => {
  const ready = monthly({ provisionedSeconds: MONTH_SECONDS }).total;
  const warmUps = MONTH_SECONDS / 300;
  const held = monthly({ invocations: warmUps, durationMs: warmUps * 1000 }).total;
  const warmer = monthly({ memoryMegabytes: 512, invocations: warmUps, durationMs: warmUps * 1000 }).total;
  expect(deploy).toContain(`| Lambda keeps N environments ready | ${dollars(ready)} |`);
  expect(deploy).toContain(`| the same, 11 hours of 5 days | ${dollars((ready * 55) / 168)} |`);
  expect(deploy).toContain(`| ${dollars(held)}, and ${dollars(warmer)} for the warmer |`);
});

test('docs/how-to/deploy.md has the utilisation from which provisioned concurrency is the cheaper', () => {
  const { provisionedReadyGbSecond: r, lambdaGbSecond: d, provisionedGbSecond: p } = US_EAST_1_PRICES;
  const utilisation = r.arm64 / (d.arm64 - p.arm64);
  expect(deploy).toContain(
    `u = r / (d - p) = ${r.arm64} / (${d.arm64} - ${p.arm64}) = ${Math.round(100 * utilisation)} %`,
  );
  const work = (share: number) => gbSeconds(share * 1000, 1769);
  const onDemand = work(utilisation) * d.arm64;
  expect(work(1) * r.arm64 + work(utilisation) * p.arm64).toBeCloseTo(onDemand, 12);
});

test('docs/how-to/deploy.md has the price of a million requests, and says where prices are from', () => {
  const { compute, invocations, api } = monthly({ invocations: 1e6, durationMs: 20e6 }, 1e6);
  expect(deploy).toContain(
    `${dollars(compute)} of compute, ${dollars(invocations)} of invocations, ${dollars(api)} of API Gateway`,
  );
  expect(deploy).toContain(
    `Prices of ${US_EAST_1_PRICES.region}, without free tier and taxes, as third parties quote them`,
  );
});

test('docs/reference/server.md calculates what a function costs that waits for the container, as the dashboard does', () => {
  const { compute, invocations } = monthly({ invocations: 1e6, durationMs: 0.5 * 1e9 });
  const waiting = `| a function that waits half a second for the container, a million times | ${Math.round(compute + invocations)} |`;
  expect(gpu).toContain(waiting);
});

test('docs/reference/server.md and docs/how-to/deploy.md have one price of an instance, and what its idle time costs', () => {
  const [, hour = ''] = /^\| g6\.xlarge, an hour[^|]*\| (\d\.\d\d) \|$/m.exec(deploy) ?? [];
  expect(gpu).toMatch(new RegExp(`^\\| g6\\.xlarge, an hour;[^|]*\\| ${hour} \\|$`, 'm'));
  expect(gpu).toContain(`15 minutes by default, ${((15 / 60) * Number(hour)).toFixed(2)} USD`);
});
