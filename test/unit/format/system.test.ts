import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode, isRunning } from '@pilotlight/model-format/internal/package/system';
import { expect, it } from 'vitest';

it('an error of the system is told by any of the codes that are meant, and by no other', () => {
  let error: unknown;
  try {
    readFileSync('/there is no such file');
  } catch (thrown) {
    error = thrown;
  }
  expect([hasCode(error, 'EEXIST', 'ENOENT'), hasCode(error, 'EEXIST'), hasCode(error)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([hasCode(new Error('ENOENT'), 'ENOENT'), hasCode({ code: 'ENOENT' }, 'ENOENT')]).toEqual([
    false,
    false,
  ]);
});

it('this process runs, and one that has ended does not', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  expect([isRunning(process.pid), isRunning(pid)]).toEqual([true, false]);
});
