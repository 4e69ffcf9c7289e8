/** Files that arrive in parts and outlive their process, and pauses that hosts ask for. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { readPause } from '../../../../model-assets/toolchain/src/sources/remote/http/rate-limit.ts';
import {
  PART_BYTES,
  PartialFile,
} from '../../../../model-assets/toolchain/src/sources/remote/transfer/partial-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
const folder = join(root, 'partial');
const BYTES = 2 * PART_BYTES + 100;

beforeEach(() => rmSync(folder, { recursive: true, force: true }));

/** The id of a process that has ended. */
const ended = () => spawnSync(process.execPath, ['--version']).pid;

/** Leaves a partial file behind, as a process that is killed does. */
async function leave(work: (file: PartialFile) => Promise<void>): Promise<string> {
  const file = await PartialFile.claim(folder, 'sum', BYTES);
  await work(file);
  await file.close();
  const left = join(folder, `sum.${ended()}.part`);
  renameSync(file.path, left);
  return left;
}

describe('a partial file', () => {
  it('misses everything at first, part by part, and then what follows the bytes of each part', async () => {
    const file = await PartialFile.claim(folder, 'sum', BYTES);
    const whole = [
      { start: 0, end: PART_BYTES },
      { start: PART_BYTES, end: 2 * PART_BYTES },
      { start: 2 * PART_BYTES, end: BYTES },
    ];
    expect([file.arrived, file.missing()]).toEqual([0, whole]);
    await file.write(PART_BYTES, Buffer.alloc(1000));
    expect([file.arrived, file.missing()[1]]).toEqual([
      1000,
      { start: PART_BYTES + 1000, end: 2 * PART_BYTES },
    ]);
    await file.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over from a process that has ended, and from no other', async () => {
    await leave((file) => file.write(0, Buffer.alloc(5000)));
    writeFileSync(join(folder, `sum.${process.ppid}.part`), '');
    const next = await PartialFile.claim(folder, 'sum', BYTES);
    expect(next.arrived).toBe(5000);
    await next.close();
    expect(readdirSync(folder).sort()).toEqual(
      [`sum.${process.pid}.part`, `sum.${process.ppid}.part`].sort(),
    );
  });

  it('takes bytes that go on in the next part, and what follows the first one that is missing', async () => {
    const file = await PartialFile.claim(folder, 'sum', BYTES);
    await file.write(0, Buffer.alloc(PART_BYTES + 7, 1));
    expect(file.rest()).toEqual([{ start: PART_BYTES + 7, end: BYTES }]);
    await file.write(PART_BYTES + 7, Buffer.alloc(BYTES - PART_BYTES - 7, 2));
    expect(file.missing()).toEqual([]);
    await file.complete();
    await file.moveTo(join(root, 'whole'));
    const content = readFileSync(join(root, 'whole'));
    expect([content.length, content[PART_BYTES + 6], content[PART_BYTES + 7]]).toEqual([BYTES, 1, 2]);
  });

  it.each([
    ['was begun and not made long', 10, 0],
    ['was complete, its counts cut off', BYTES, BYTES],
  ])('that %s misses what it must', async (_when, size, arrived) => {
    truncateSync(await leave(async () => {}), size);
    const next = await PartialFile.claim(folder, 'sum', BYTES);
    expect(next.arrived).toBe(arrived);
    await next.discard();
  });
});

const NOW = Date.parse('2026-12-01T06:00:00Z');

test.each([
  ['seconds', { 'retry-after': '42' }, 42_000],
  ['a date', { 'retry-after': 'Tue, 01 Dec 2026 06:01:00 GMT' }, 60_000],
  ['a date that is past', { 'retry-after': 'Tue, 01 Dec 2026 05:00:00 GMT' }, 0],
  ['the window of the hub', { ratelimit: '"api";r=0;t=55' }, 55_000],
  ['nothing', {}, undefined],
])('a pause is read from %s', (_what, headers: Record<string, string>, milliseconds) => {
  expect(readPause(new Headers(headers), NOW)).toBe(milliseconds);
});
