import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../fixtures/end-on-signals.ts');

function start(endMs: number, sameSignalMs: number) {
  const child = spawn(process.execPath, [PROGRAM, String(endMs), String(sameSignalMs)]);
  let output = '';
  child.stdout.on('data', (data) => {
    output += String(data);
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, ended, output: () => output };
}

it('the first signal ends a process with the code of its end', async () => {
  const { child, ended, output } = start(50, 0);
  await expect.poll(output).toContain('ready');
  child.kill('SIGTERM');
  expect(await ended).toBe(7);
  expect(output()).toContain('ending on SIGTERM');
  expect(output()).not.toContain('cleaned');
});

it('a second signal ends it at once, after what must not stay behind is removed', async () => {
  const { child, ended, output } = start(60_000, 0);
  await expect.poll(output).toContain('ready');
  child.kill('SIGTERM');
  await expect.poll(output).toContain('ending');
  child.kill('SIGINT');
  expect(await ended).toBe('SIGINT');
  expect(output()).toContain('cleaned');
});

it('a signal that comes right after the first is the same one, passed on by npm', async () => {
  const { child, ended, output } = start(500, 60_000);
  await expect.poll(output).toContain('ready');
  child.kill('SIGINT');
  await expect.poll(output).toContain('ending');
  child.kill('SIGINT');
  expect(await ended).toBe(7);
  expect(output()).not.toContain('cleaned');
});
