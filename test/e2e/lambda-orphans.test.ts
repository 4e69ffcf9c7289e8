import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';

test('environments and their files are gone after local Lambda was killed, frozen as they are', async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'lambda-parent.ts')]);
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
  const { pid, folder } = z.object({ pid: z.number(), folder: z.string() }).parse(JSON.parse(line));
  expect([isAlive(pid), existsSync(folder)]).toEqual([true, true]);
  parent.kill('SIGKILL');
  await expect.poll(() => [isAlive(pid), existsSync(folder)], { timeout: 20_000 }).toEqual([false, false]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
