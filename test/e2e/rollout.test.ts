import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedOf, RolloutWorld, versionsOf } from './rollout-world.ts';

let world: RolloutWorld;
beforeAll(async () => {
  world = await RolloutWorld.create();
});
afterAll(() => world.close());

test('a version that is promoted takes over between two requests, and no request fails', async () => {
  const { seen, stop } = world.load();
  await world.registry.push('1.0.1');
  await wait(300);
  const promoted = performance.now();
  await world.registry.promote('1.0.1');
  await world.until('prod', '1.0.1');
  const accepted = performance.now();
  await wait(300);
  const rolledBack = performance.now();
  await world.registry.promote('1.0.0');
  await world.until('prod', '1.0.0');
  const back = performance.now();
  await wait(300);
  await stop();
  expect(failedOf(seen)).toEqual([]);
  const between = (start: number, end: number) => versionsOf(seen.filter(({ at }) => at > start && at < end));
  expect(between(0, promoted)).toEqual(['1.0.0']);
  expect(between(accepted, rolledBack)).toEqual(['1.0.1']);
  expect(between(back, Number.POSITIVE_INFINITY)).toEqual(['1.0.0']);
});

test('a version whose goldens or whose bytes are wrong is refused, and the one before answers', async () => {
  const { seen, stop } = world.load();
  await world.registry.push('1.1.0', 'goldens');
  await world.registry.promote('1.1.0');
  await world.untilRefused('1.1.0');
  await world.registry.push('1.1.1', 'weights');
  await world.registry.promote('1.1.1');
  await world.untilRefused('1.1.1');
  await stop();
  expect(failedOf(seen)).toEqual([]);
  expect(versionsOf(seen)).toEqual(['1.0.0']);
  expect(world.server.log()).toMatch(/"version":"1.1.0","code":"PACKAGE_CORRUPT".*golden of line \d+/);
  expect(world.server.log()).toMatch(/"version":"1.1.1","code":"PACKAGE_CORRUPT".*int8\/weights.bin/);
  await world.registry.promote('1.0.0');
});

test('a canary answers its share of the callers, each of them the same version, and none before it has passed', async () => {
  const { seen, stop } = world.load();
  await world.registry.push('1.2.0');
  await world.registry.promote('1.2.0', 'canary', 0.3);
  await world.until('canary', '1.2.0');
  const accepted = performance.now();
  await wait(800);
  await stop();
  expect(failedOf(seen)).toEqual([]);
  const byCaller = Map.groupBy(
    seen.filter(({ at }) => at > accepted),
    ({ sticky }) => sticky,
  );
  for (const [sticky, calls] of byCaller) expect(versionsOf(calls), sticky).toHaveLength(1);
  const ofCanary = [...byCaller.values()].filter(([first]) => first?.version === '1.2.0').length;
  expect(ofCanary / byCaller.size).toBeGreaterThan(0.1);
  expect(ofCanary / byCaller.size).toBeLessThan(0.5);
  const explicit = await world.server.predict('a text', 'sentiment@canary');
  expect(explicit.headers.get('x-pilotlight-version')).toBe('1.2.0');
  expect((await world.server.predict('a text', 'sentiment@1.2.0')).status).toBe(200);
  expect((await world.server.predict('a text', 'sentiment@1.0.1')).status).toBe(404);
  await world.registry.retire('canary');
});
