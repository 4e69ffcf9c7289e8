import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOutput } from '../../../../cli/src/batch/output-file.ts';

let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-output-'));
  output = join(folder, 'out.jsonl');
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const claimOf = (holder: object) => JSON.stringify({ host: hostname(), token: '0123456789ab', ...holder });
const GONE = spawnSync(process.execPath, ['--version']).pid;
const TAKEN = { code: 'OUTPUT_TAKEN', message: expect.stringContaining('out.jsonl') };

async function writeAll(text: string): Promise<void> {
  const file = await openOutput(output);
  try {
    await file.write(Buffer.from(text));
    await file.publish();
  } finally {
    await file.close();
  }
}

it('an output is there once it is published, and nothing else is left', async () => {
  writeFileSync(output, 'before');
  const file = await openOutput(output);
  await file.write(Buffer.from('a'));
  await file.write(Buffer.from('b'));
  expect(readFileSync(output, 'utf8')).toBe('before');
  await file.publish();
  await file.close();
  expect([readFileSync(output, 'utf8'), readdirSync(folder)]).toEqual(['ab', ['out.jsonl']]);
});

it('an output that is not published leaves what was there', async () => {
  writeFileSync(output, 'before');
  const file = await openOutput(output);
  await file.write(Buffer.from('a'));
  await file.close();
  expect([readFileSync(output, 'utf8'), readdirSync(folder)]).toEqual(['before', ['out.jsonl']]);
});

it('of ten writers at once one has the output, and it is free when that one has ended', async () => {
  const opened = await Promise.allSettled(Array.from({ length: 10 }, () => openOutput(output)));
  const files = opened.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []));
  const refusals = opened.flatMap((file) => (file.status === 'rejected' ? [file.reason] : []));
  expect(files).toHaveLength(1);
  expect(refusals).toEqual(refusals.map(() => expect.objectContaining(TAKEN)));
  for (const file of files) await file.close();
  await writeAll('next');
  expect(readFileSync(output, 'utf8')).toBe('next');
});

it('an output that is written for long stays taken: its claim is touched every two seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const file = await openOutput(output);
  const claim = `${output}.unfinished`;
  const then = Date.now() / 1000 - 15;
  utimesSync(claim, then, then);
  vi.advanceTimersByTime(2000);
  vi.useRealTimers();
  await expect.poll(() => Date.now() - statSync(claim).mtimeMs).toBeLessThan(10_000);
  await file.close();
});

it('a link leads to the file that is written, and its other name is as taken as its own', async () => {
  const target = join(folder, 'target.jsonl');
  writeFileSync(target, 'before');
  symlinkSync(target, output);
  const file = await openOutput(output);
  await expect(openOutput(target)).rejects.toMatchObject({ code: 'OUTPUT_TAKEN' });
  await file.write(Buffer.from('a'));
  await file.publish();
  await file.close();
  expect([lstatSync(output).isSymbolicLink(), readFileSync(target, 'utf8')]).toEqual([true, 'a']);
});

describe('a claim that is there', () => {
  const plant = (text: string, ageSeconds = 0) => {
    const claim = `${output}.unfinished`;
    writeFileSync(claim, text);
    const then = Date.now() / 1000 - ageSeconds;
    utimesSync(claim, then, then);
  };

  it.each<[string, () => void]>([
    ['of a process that runs', () => plant(claimOf({ pid: process.ppid }))],
    ['of another machine, touched lately', () => plant(claimOf({ pid: GONE, host: 'elsewhere' }), 15)],
    ['of which nothing is written yet', () => plant('', 15)],
  ])('%s is respected', async (_, put) => {
    put();
    await expect(openOutput(output)).rejects.toMatchObject(TAKEN);
    expect(readdirSync(folder)).toEqual(['out.jsonl.unfinished']);
  });

  it.each<[string, () => void]>([
    ['of a process that is gone', () => plant(claimOf({ pid: GONE }))],
    ['of an earlier process of the same number', () => plant(claimOf({ pid: process.pid }))],
    ['of a process that has not touched it for long', () => plant(claimOf({ pid: process.ppid }), 30)],
    ['of another machine, not touched for long', () => plant(claimOf({ pid: GONE, host: 'elsewhere' }), 30)],
    ['of which nothing was ever written', () => plant('', 30)],
    ['that is something else', () => plant('{"pid":"x"}', 30)],
  ])('%s is no hindrance', async (_, put) => {
    put();
    await writeAll('mine');
    expect([readFileSync(output, 'utf8'), readdirSync(folder)]).toEqual(['mine', ['out.jsonl']]);
  });

  it('of a process that is gone is removed with the file of that process, and with no other', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'mine');
    writeFileSync(`${output}.unfinished-0123456789ab`, 'half');
    plant(claimOf({ pid: GONE }));
    await writeAll('a');
    plant(claimOf({ pid: GONE, token: '/../other' }));
    await writeAll('b');
    expect(readdirSync(folder).sort()).toEqual(['other', 'out.jsonl']);
  });
});

it('a writer whose claim was taken away does not publish, and leaves the claim of the other', async () => {
  const file = await openOutput(output);
  writeFileSync(`${output}.unfinished`, claimOf({ pid: process.pid }));
  await file.write(Buffer.from('a'));
  await expect(file.publish()).rejects.toMatchObject(TAKEN);
  await file.close();
  expect([existsSync(output), readdirSync(folder)]).toEqual([false, ['out.jsonl.unfinished']]);
});

it.each<[string, () => string, string]>([
  ['a folder', () => folder, 'is no file'],
  ['a device', () => '/dev/null', 'is no file'],
  ['in a folder that is not there', () => join(folder, 'none', 'out.jsonl'), '(ENOENT)'],
  ['below a file', () => join(output, 'out.jsonl'), '(ENOTDIR)'],
  ['of a name that is too long', () => join(folder, 'x'.repeat(300)), '(ENAMETOOLONG)'],
])('an output that is %s is refused before any work', async (_, name, reason) => {
  writeFileSync(output, 'before');
  await expect(openOutput(name())).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    message: expect.stringContaining(reason),
  });
});
