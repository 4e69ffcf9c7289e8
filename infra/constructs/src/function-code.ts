/** Bundles functions at synth, once for each process, without Docker. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { InfraError } from './errors.ts';
import { paths } from './paths.ts';

/** A function that `functions/bundles/src/bundle.ts` can bundle. */
export type FunctionName = 'predict' | 'warmer' | 'authorizer' | 'batch' | 'pre-traffic-hook';

/** What Lambda looks for in every bundle. */
export const HANDLER = 'index.handler';

export interface FunctionBundle {
  /** Holds `index.mjs`, and the chunks that it imports when it needs them. */
  readonly folder: string;
  /** Of all files. */
  readonly bytes: number;
  /** Of all files and their names. */
  readonly sha256: string;
}

const bundles = new Map<FunctionName, FunctionBundle>();

/**
 * Bundles into `dist/functions/<name>-<hash of the content>`. One rename publishes it, so that several processes may do
 * so at once.
 *
 * @throws InfraError BUNDLE_FAILED with what esbuild said
 */
export function bundleFunction(name: FunctionName): FunctionBundle {
  const existing = bundles.get(name);
  if (existing) return existing;
  const unfinished = join(paths.functions, `${name}.${process.pid}`);
  try {
    execFileSync(process.execPath, [paths.bundler, name, unfinished], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const content = contentOf(unfinished);
    const bundle = { folder: join(paths.functions, `${name}-${content.sha256.slice(0, 12)}`), ...content };
    if (!existsSync(bundle.folder)) publish(unfinished, bundle.folder);
    bundles.set(name, bundle);
    return bundle;
  } catch (cause) {
    throw new InfraError('BUNDLE_FAILED', `The ${name} function can not be bundled: ${firstError(cause)}`, {
      cause,
    });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function contentOf(folder: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  let bytes = 0;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((file) => join(file.parentPath, file.name));
  for (const file of files.sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(folder, file)}\0${content.length}\0`).update(content);
    bytes += content.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Another process may have published the same bundle meanwhile. */
function publish(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** The bundle as the code of a Lambda function whose handler is `HANDLER`. */
export function functionCode(name: FunctionName): AssetCode {
  return Code.fromAsset(bundleFunction(name).folder);
}

/** The line of the bundler's output that says what is wrong; Node's own message has several lines. */
function firstError(cause: unknown): string {
  const { stderr, message } = Object(cause);
  const lines = `${stderr ?? message ?? cause}`.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no reason was given').trim();
}
