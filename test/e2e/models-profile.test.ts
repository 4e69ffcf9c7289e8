/** `models profile` as a process: figures, what it keeps beside the package, a trace that opens in Perfetto. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSide, readProfile } from '@pilotlight/lifecycle';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGES } from '../fixtures/twin-package.ts';
import { LONG } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const profile = (...args: string[]) =>
  run(
    node(
      'cli/src/main.ts',
      'models',
      'profile',
      ...args,
      '--packages',
      packages,
      '--runs',
      '3',
      '--threads',
      '1',
    ),
  );

beforeAll(() => cpSync(join(PACKAGES, 'sentiment'), join(packages, 'sentiment'), { recursive: true }));

test('measures each shape, tells stages and operators, keeps the profile and writes a trace', async () => {
  const trace = join(folder, 'trace.json');
  const { code, stdout, stderr } = await profile(
    'sentiment',
    '--tokens',
    '16,64',
    '--batch',
    '1',
    '--trace',
    trace,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ +64 +1 +\d+\.\d\d /m);
  expect(stdout).toMatch(/^memoryMegabytes +\d+ +with 1 × \d+ tokens the process held /m);
  expect(stdout).toMatch(/^infer +\d+\.\d{3} +\d+\.\d % /m);
  const side = await openSide({ packages, ref: 'sentiment' });
  const kept = await readProfile(side.folder, side.checksum);
  await side.dispose();
  expect(kept?.shapes.map(({ tokens, batch }) => [tokens, batch])).toEqual([
    [16, 1],
    [64, 1],
  ]);
  for (const { startBytes, loadedBytes, peakBytes, arenaBytes } of kept?.shapes ?? []) {
    expect(startBytes).toBeLessThan(loadedBytes);
    expect(loadedBytes).toBeLessThanOrEqual(peakBytes);
    expect(arenaBytes).toBeGreaterThan(0);
  }
  expect(await readProfile(side.folder, 'f'.repeat(64))).toBeUndefined();
  const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
  const named = (name: string) => traceEvents.filter((event: { name: string }) => event.name === name);
  expect(named('infer').length).toBe(named('model_run').length);
  for (const event of traceEvents)
    expect(event).toMatchObject({ ph: expect.stringMatching(/^[XM]$/), name: expect.any(String) });
});

// As many processes again, for what test/unit/lifecycle measures in this one.
test.runIf(LONG)(
  'a model that generates is profiled by calls, and nothing is kept where nobody wants it',
  async () => {
    cpSync(join(PACKAGES, 'frames'), join(packages, 'frames'), { recursive: true });
    const { code, stdout } = await profile(
      'frames',
      '--tokens',
      '16',
      '--batch',
      '2',
      '--no-store',
      '--json',
    );
    expect(code).toBe(0);
    const { measures, shapes, time } = JSON.parse(stdout);
    expect({ measures, shapes: shapes.length }).toEqual({ measures: 'calls of 8 new tokens', shapes: 1 });
    expect(time.operators.length).toBeGreaterThan(3);
    expect(existsSync(join(packages, 'frames/1.1.0/profile.json'))).toBe(false);
  },
);
