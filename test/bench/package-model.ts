import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskName } from '@pilotlight/model-format';
import { BenchError } from './errors.ts';
import { ROOT } from './paths.ts';

/** Packaging a shape takes minutes, and says little. */
const MOST_OUTPUT_BYTES = 16 * 2 ** 20;

export interface PackageOptions {
  /** @default 'text-classification' */
  readonly task?: TaskName;
  /** @default - int8 and fp32 */
  readonly variants?: readonly string[];
  /** @default - measured, but for the tiny shape */
  readonly tokenBudget?: number;
  /** More arguments of `models add`. */
  readonly more?: readonly string[];
  /** The checkout whose command it is. @default - this one */
  readonly root?: string;
}

/**
 * Packages a checkpoint by the command that users run, in a process of its own.
 * Throws BAD_CHECKPOINT with the error output of the command.
 */
export async function addPackage(
  checkpoint: string,
  packages: string,
  name: string,
  options: PackageOptions = {},
): Promise<void> {
  const { task = 'text-classification', variants = ['int8', 'fp32'], tokenBudget, more = [] } = options;
  const budget = tokenBudget ?? (name.startsWith('tiny') ? 512 : undefined);
  const named = {
    name,
    task,
    version: '1.0.0',
    variants: variants.join(','),
    packages,
    ...(budget !== undefined && { 'token-budget': `${budget}` }),
  };
  const args = [
    ...Object.entries(named).flatMap(([key, value]) => [`--${key}`, value]),
    ...['--quiet', '--force'],
    ...more,
  ];
  const command = join(options.root ?? ROOT, 'cli', 'src', 'main.ts');
  try {
    await promisify(execFile)(process.execPath, [command, 'models', 'add', checkpoint, ...args], {
      maxBuffer: MOST_OUTPUT_BYTES,
    });
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new BenchError('BAD_CHECKPOINT', `the toolchain does not package ${checkpoint}:\n${stderr}`, {
      cause,
    });
  }
}
