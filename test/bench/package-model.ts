import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskName } from '@pilotlight/engine/manifest';
import { BenchError } from './errors.ts';
import { ROOT } from './paths.ts';

const TOOLCHAIN = join(ROOT, 'model-assets', 'toolchain', 'cli.ts');

/**
 * Packages a checkpoint in int8 and fp32 with the toolchain, in a process of its own as its users run it.
 * Throws BAD_CHECKPOINT with what the toolchain said.
 */
export async function addPackage(
  checkpoint: string,
  packages: string,
  name: string,
  task: TaskName = 'text-classification',
): Promise<void> {
  const options = {
    name,
    task,
    version: '1.0.0',
    variants: 'int8,fp32',
    packages,
    ...(name.startsWith('tiny') && { 'token-budget': '512' }),
  };
  const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  try {
    await promisify(execFile)(process.execPath, [TOOLCHAIN, 'add', checkpoint, '--quiet', ...args]);
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new BenchError('BAD_CHECKPOINT', `the toolchain does not package ${checkpoint}:\n${stderr}`, {
      cause,
    });
  }
}
