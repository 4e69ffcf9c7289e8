import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskName } from '@pilotlight/model-format';
import { BenchError } from './errors.ts';
import { ROOT } from './paths.ts';

const TOOLCHAIN = join(ROOT, 'model-assets', 'toolchain', 'src', 'cli.ts');

export interface PackageOptions {
  /** @default 'text-classification' */
  readonly task?: TaskName;
  /** @default - int8 and fp32 */
  readonly variants?: readonly string[];
  /** @default - measured, but for the tiny shape */
  readonly tokenBudget?: number;
}

/**
 * Packages a checkpoint with the toolchain, in a process of its own as its users run it.
 * Throws BAD_CHECKPOINT with what the toolchain said.
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
    await promisify(execFile)(process.execPath, [TOOLCHAIN, 'add', checkpoint, '--quiet', ...args]);
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new BenchError('BAD_CHECKPOINT', `the toolchain does not package ${checkpoint}:\n${stderr}`, {
      cause,
    });
  }
}
