import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { putPackage } from '../../fixtures/remote-package.ts';
import type { Fault } from '../../fixtures/s3-server.ts';
import { contentOf, expectFetched, SMALL, sceneOfEachTest, storeOf } from './remote-bucket.ts';

const scene = sceneOfEachTest();
const ref = { name: 'parity', version: '1.0.0' };
const bytes = fc.integer({ min: 0, max: 1200 });

/** What another attempt mends. */
const passing: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ kind: 'reset' }),
  fc.constantFrom(500, 502, 503, 429).map((status): Fault => ({ kind: 'status', status, code: 'SlowDown' })),
  bytes.map((afterBytes): Fault => ({ kind: 'cut', afterBytes })),
  bytes.map((count): Fault => ({ kind: 'short', bytes: count })),
  fc.constant<Fault>({ kind: 'slow', bytesPerSecond: 1_000_000 }),
);
/** What none mends. */
const lasting: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom(403, 404, 412).map((status): Fault => ({ kind: 'status', status, code: 'Refused' })),
  fc.integer({ min: 0, max: 299 }).map((at): Fault => ({ kind: 'flip', at })),
);

it('a fetched package has every byte, whatever breaks on the way less often than it is tried again', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 12_345 });
  // Of four attempts at a part, three may fail.
  const plans = fc.array(fc.array(passing, { maxLength: 3 }), { minLength: 16, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(plans, async (faults) => {
      await rm(scene.folder, { recursive: true });
      const left = new Map<string, Fault[]>();
      scene.server.fault = ({ key, start }) => {
        // The manifest is read in one piece, however long it is.
        const part = key.endsWith('model.json') ? key : `${key} ${Math.floor(start / 1000)}`;
        if (!left.has(part)) left.set(part, [...(faults[left.size] ?? [])]);
        return left.get(part)?.shift();
      };
      await storeOf(scene, [wanted]).open(ref);
      await expectFetched(scene.folder, wanted);
    }),
    { numRuns: 15 },
  );
});

it('a load that meets a fault which lasts fails with one of two codes and leaves nothing on the disk', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 12_345 });
  const parts = Object.values(wanted.objects).map((key) => ({ key, start: 0 }));
  await fc.assert(
    fc.asyncProperty(lasting, fc.constantFrom(...parts), async (fault, struck) => {
      scene.server.fault = ({ key, start }) =>
        key === struck.key && start === struck.start ? fault : undefined;
      const harmless = fault.kind === 'flip' && fault.at >= (sizes(wanted, struck.key) ?? 0);
      fc.pre(!harmless);
      await expect(storeOf(scene, [wanted]).open(ref)).rejects.toMatchObject({
        code: expect.stringMatching(/^PACKAGE_(UNAVAILABLE|CORRUPT)$/),
        details: { model: 'parity' },
      });
      expect(await contentOf(scene.folder)).toEqual(new Map());
    }),
    { numRuns: 15 },
  );
});

it('a fetch asks after a break for the bytes that are missing, and for no others', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 4000 });
  const isWeights = ({ key }: { key: string }) => key.endsWith('weights.bin');
  scene.server.fault = (asked) =>
    isWeights(asked) && asked.start === 1000 ? { kind: 'cut', afterBytes: 600 } : undefined;
  await storeOf(scene, [wanted]).open(ref);
  const starts = scene.server.asked.filter(isWeights).map(({ start }) => start);
  const [resumed] = starts.filter((start) => start % 1000 !== 0);
  expect(starts.filter((start) => start % 1000 === 0).sort()).toEqual([0, 1000, 2000, 3000]);
  expect(resumed).toBeGreaterThan(1000);
  expect(resumed).toBeLessThanOrEqual(1600);
});

it('a fetch is faster than one connection, because it opens several', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 400_000 });
  scene.server.fault = ({ key }) =>
    key.endsWith('weights.bin') ? { kind: 'slow', bytesPerSecond: 200_000 } : undefined;
  const start = performance.now();
  const transfer = { partBytes: 25_000, parallelism: 16 };
  await storeOf(scene, [wanted], { transfer }).open(ref);
  // One connection would take 2 s.
  expect(performance.now() - start).toBeLessThan(1500);
});

it('a fetch keeps no more parts in memory than it may, however long the first one takes', async () => {
  const wanted = await putPackage(scene.server, { weightsBytes: 40_000 });
  const isWeights = ({ key }: { key: string }) => key.endsWith('weights.bin');
  let askedDuringStall = 0;
  scene.server.fault = (asked) => {
    if (!isWeights(asked)) return undefined;
    if (asked.start === 0 && askedDuringStall === 0) {
      setTimeout(() => {
        askedDuringStall = scene.server.asked.filter(isWeights).length;
      }, 300);
      return { kind: 'stall', afterBytes: 0 };
    }
    return undefined;
  };
  await storeOf(scene, [wanted], { transfer: { ...SMALL, stallMs: 1000 } }).open(ref);
  await expectFetched(scene.folder, wanted);
  expect(askedDuringStall).toBe(6);
});

function sizes({ objects, files }: Awaited<ReturnType<typeof putPackage>>, key: string): number | undefined {
  const path = Object.keys(objects).find((candidate) => objects[candidate] === key);
  return files.get(path ?? '')?.length;
}
