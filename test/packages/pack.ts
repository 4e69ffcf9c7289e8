/** Writes the tarballs that the tests of this folder look at, once for each run of vitest. */
import assert from 'node:assert';
import { node, run } from '../e2e/command.ts';
import { REPOSITORY } from './world.ts';

export async function setup(): Promise<void> {
  const { code, stdout, stderr } = await run(node('cli/build/pack.ts'), { cwd: REPOSITORY });
  assert.strictEqual(code, 0, stdout + stderr);
}
