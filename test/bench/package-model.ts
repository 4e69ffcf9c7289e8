import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskName } from '@pilotlight/model-format';
import * as z from 'zod';
import { BenchError } from './errors.ts';
import { ROOT } from './paths.ts';

/** Packaging a shape takes minutes, and says little. */
const MOST_OUTPUT_BYTES = 16 * 2 ** 20;

export interface PackageOptions {
  /** Of a checkpoint; an archive says its task itself. @default 'text-classification' */
  readonly task?: TaskName | 'of the archive';
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
    ...(task !== 'of the archive' && { task }),
    version: VERSION,
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

/** The version of every package that the benchmark makes. */
const VERSION = '1.0.0';

export type Precision = 'fp32' | 'int8';
export const PRECISIONS = ['fp32', 'int8'] as const;

/** The variants of a package, as the benchmark tells of them. */
export type BuiltVariants = {
  readonly [Each in Precision]?:
    | {
        /** The scheme's name in the manifest. */
        readonly scheme: string;
        /** Weights that an int8 variant computes in fp32. */
        readonly keptFp32: readonly string[];
      }
    | undefined;
};

const variantSchema = z.object({ scheme: z.string(), keptFp32: z.array(z.string()).default([]) });
const manifestSchema = z.object({
  variants: z.object({ fp32: variantSchema.optional(), int8: variantSchema.optional() }),
});

/** What each variant of a package says of itself. Throws BAD_CHECKPOINT where the package is not there. */
export function readVariants(packages: string, model: string): BuiltVariants {
  const file = join(packages, model, VERSION, 'model.json');
  if (!existsSync(file)) throw new BenchError('BAD_CHECKPOINT', `There is no package ${file}.`);
  return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).variants;
}

/** What the int8 variant is that was measured, for the notes of a result; nothing where there is none. */
export function describeInt8(label: string, packages: string, model: string): string[] {
  const { int8 } = readVariants(packages, model);
  if (int8 === undefined) return [];
  const { scheme, keptFp32 } = int8;
  const kept = keptFp32.length === 0 ? 'nothing' : `${keptFp32.length} weights`;
  const named = keptFp32.length === 0 ? '' : ` (${keptFp32.join(', ')})`;
  return [`${label} has the scheme ${scheme}, ${kept} left in fp32${named}.`];
}
