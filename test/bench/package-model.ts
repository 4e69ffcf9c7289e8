import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskName } from '@pilotlight/model-format';
import { BenchError } from './errors.ts';
import { ROOT } from './paths.ts';

const CLI = join(ROOT, 'cli', 'src', 'main.ts');

export interface PackageOptions {
  /** @default 'text-classification' */
  readonly task?: TaskName;
  /** @default - int8 and fp32 */
  readonly variants?: readonly string[];
  /** @default - measured, but for the tiny shape */
  readonly tokenBudget?: number;
}

/**
 * Packages a checkpoint by the command that users run, in a process of its own.
 * Throws BAD_CHECKPOINT with the error output of the command.
 */
export async function addPackage(
  checkpoint: string,
  packages: string,
  name: string,
  { task = 'text-classification', variants = ['int8', 'fp32'], tokenBudget }: PackageOptions = {},
): Promise<void> {
  const budget = tokenBudget ?? (name.startsWith('tiny') ? 512 : undefined);
  const options = {
    name,
    task,
    version: '1.0.0',
    variants: variants.join(','),
    packages,
    ...(budget !== undefined && { 'token-budget': `${budget}` }),
  };
  const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  try {
    await promisify(execFile)(process.execPath, [CLI, 'models', 'add', checkpoint, '--quiet', ...args]);
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new BenchError('BAD_CHECKPOINT', `the toolchain does not package ${checkpoint}:\n${stderr}`, {
      cause,
    });
  }
}
