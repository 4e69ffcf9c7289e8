/** Bundles functions at synth, once for each process, without Docker. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { InfraError } from './errors.ts';
import { paths } from './paths.ts';

/** A function that `functions/bundle.ts` can bundle. */
export type FunctionName = 'predict' | 'warmer' | 'authorizer' | 'batch';

/** What Lambda looks for in every bundle. */
export const HANDLER = 'index.handler';
const FILE = 'index.mjs';

export interface FunctionBundle {
  /** Holds `index.mjs` and nothing else. */
  readonly folder: string;
  readonly bytes: number;
}

const bundles = new Map<FunctionName, FunctionBundle>();

/** @throws InfraError BUNDLE_FAILED with what esbuild said. */
export function bundleFunction(name: FunctionName): FunctionBundle {
  const existing = bundles.get(name);
  if (existing) return existing;
  const folder = join(paths.functions, name);
  const unfinished = `${folder}.${process.pid}`;
  try {
    execFileSync(process.execPath, [paths.bundler, name, unfinished], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    mkdirSync(folder, { recursive: true });
    // A rename, so that another process never reads half a bundle.
    renameSync(join(unfinished, FILE), join(folder, FILE));
  } catch (cause) {
    throw new InfraError('BUNDLE_FAILED', `The ${name} function can not be bundled: ${firstError(cause)}`, {
      cause,
    });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const bundle = { folder, bytes: statSync(join(folder, FILE)).size };
  bundles.set(name, bundle);
  return bundle;
}

/** The bundle as the code of a Lambda function whose handler is `HANDLER`. */
export function functionCode(name: FunctionName): AssetCode {
  return Code.fromAsset(bundleFunction(name).folder);
}

function firstError(cause: unknown): string {
  const { stderr } = Object(cause);
  const lines = Buffer.isBuffer(stderr) ? stderr.toString('utf8').split('\n') : [];
  return (
    lines.find((line) => /error/i.test(line))?.trim() ??
    (cause instanceof Error ? cause.message : String(cause))
  );
}
