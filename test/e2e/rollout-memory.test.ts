import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cases } from '../scale.ts';
import { failedOf, RolloutWorld, versionsOf } from './rollout-world.ts';
import { metricOf } from './server.ts';

let world: RolloutWorld;
beforeAll(async () => {
  world = await RolloutWorld.create();
});
afterAll(() => world.close());

test('a shadow reads a share of the calls after their answers, and what it decides otherwise is counted', async () => {
  await world.registry.push('1.3.0', 'labels');
  await world.registry.promote('1.3.0', 'shadow', 0.5);
  await world.until('shadow', '1.3.0');
  const { seen, stop } = world.load();
  await wait(1500);
  await stop();
  expect(failedOf(seen)).toEqual([]);
  expect(versionsOf(seen)).toEqual(['1.0.0']);
  const metrics = await world.server.metrics();
  const outcome = (name: string) =>
    Number(
      new RegExp(`^pilotlight_shadow_total\\{.*outcome="${name}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0,
    );
  expect(outcome('same')).toBe(0);
  expect(outcome('failed')).toBe(0);
  expect(outcome('differing')).toBeGreaterThan(0);
  expect(outcome('differing') + outcome('dropped')).toBeLessThan(seen.length * 0.65);
  expect(world.server.log()).not.toContain('a lovely film');
  await world.registry.retire('shadow');
});

test('versions that come and go under load leave no memory behind', async () => {
  const swap = async (count: number): Promise<number> => {
    const { seen, stop } = world.load();
    for (let i = 0; i < count; i++) {
      const version = i % 2 === 0 ? '1.0.1' : '1.0.0';
      await world.registry.promote(version);
      await world.until('prod', version);
      await wait(100);
    }
    await stop();
    expect(failedOf(seen)).toEqual([]);
    // Sessions that were opened for the load end when it does.
    await wait(1500);
    return metricOf(await world.server.metrics(), 'process_resident_memory_bytes');
  };
  await world.registry.push('1.0.1');
  // What a process has only once a while: its heap, its arena, its connections.
  const before = await swap(10);
  const after = await swap(cases({ short: 10, long: 40 }));
  expect(metricOf(await world.server.metrics(), 'pilotlight_models_loaded')).toBe(1);
  expect(after / before, String(after / before)).toBeLessThan(1.03);
}, 120_000);

test('while the registry does not answer, what runs goes on, and a start serves what was accepted last', async () => {
  world.s3.fault = () => ({ kind: 'reset' });
  await world.server.metricAtLeast('pilotlight_record_age_seconds', 2);
  expect((await world.server.predict('a text')).status).toBe(200);
  const other = await world.start();
  const { headers } = await other.predict('a text');
  expect(headers.get('x-pilotlight-version')).toBe('1.0.0');
  other.signal('SIGKILL');
});
