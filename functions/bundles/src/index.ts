/** The folders that Lambda and containers run: each function, and the server, as one bundle with the engine inside. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BundleError } from './errors.ts';
import { readMade, recordMade } from './made-before.ts';
import { BUNDLES, type BundleName } from './names.ts';

export { BUNDLE_ERROR_CODES, BundleError, type BundleErrorCode } from './errors.ts';
export { type BundleName, FUNCTIONS, type FunctionName } from './names.ts';

/** The handler that Lambda looks for in every bundle. */
export const HANDLER = 'index.handler';

export interface FunctionBundle {
  /** Holds `index.mjs`, and the chunks that it imports when it needs them. */
  readonly folder: string;
  /** Size of all files together. */
  readonly bytes: number;
  /** Checksum of all files and their names. */
  readonly sha256: string;
}

const BUNDLER = fileURLToPath(new URL('./bundle.ts', import.meta.url));
const OUTDIR = fileURLToPath(new URL('../../../dist/functions', import.meta.url));
/** The published package has every bundle ready-made; in the repository esbuild makes them of the sources. */
const PREBUILT = fileURLToPath(new URL('../prebuilt', import.meta.url));
const bundles = new Map<BundleName, FunctionBundle>();

/**
 * Returns the bundle of a function or of the server. An installed package brings it; in the repository esbuild makes it once for
 * each state of the sources, in `dist/functions/<name>-<hash of the content>`, and one rename publishes it, so that several processes
 * may make the same bundle at once.
 *
 * @throws BundleError BUNDLE_FAILED with what esbuild said
 */
export function bundleFolder(name: BundleName): FunctionBundle {
  const existing = bundles.get(name);
  if (existing) return existing;
  if (!BUNDLES.includes(name)) {
    throw new BundleError('BUNDLE_FAILED', `There is no function ${name}; there are ${BUNDLES.join(', ')}.`);
  }
  const prebuilt = join(PREBUILT, name);
  const made = existsSync(prebuilt)
    ? { folder: prebuilt, ...measureFolder(prebuilt) }
    : (findMade(name) ?? makeBundle(name));
  bundles.set(name, made);
  return made;
}

const folderOf = (name: BundleName, sha256: string): string => join(OUTDIR, `${name}-${sha256.slice(0, 12)}`);

/** The bundle that an earlier process made of the same sources, if its files are still what they were. */
function findMade(name: BundleName): FunctionBundle | undefined {
  const sha256 = readMade(OUTDIR, name);
  if (sha256 === undefined) return undefined;
  const folder = folderOf(name, sha256);
  if (!existsSync(folder)) return undefined;
  const content = measureFolder(folder);
  return content.sha256 === sha256 ? { folder, ...content } : undefined;
}

function makeBundle(name: BundleName): FunctionBundle {
  const unfinished = join(OUTDIR, `${name}.${process.pid}`);
  try {
    execFileSync(process.execPath, [BUNDLER, name, unfinished], { stdio: ['ignore', 'ignore', 'pipe'] });
    const content = measureFolder(unfinished);
    const folder = folderOf(name, content.sha256);
    if (!existsSync(folder)) publish(unfinished, folder);
    recordMade(OUTDIR, name, content.sha256);
    return { folder, ...content };
  } catch (cause) {
    const reason = firstError(cause);
    throw new BundleError('BUNDLE_FAILED', `The ${name} function cannot be bundled: ${reason}`, { cause });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function measureFolder(folder: string): { bytes: number; sha256: string } {
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

/** The line of the bundler's output that says what is wrong; Node's own message has several lines. */
function firstError(cause: unknown): string {
  const { stderr, message } = Object(cause);
  const lines = `${stderr ?? message ?? cause}`.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no reason was given').trim();
}
