/** The folder that a package is made in, out of sight of whoever reads packages. */
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, isRunning } from '@pilotlight/model-format/internal/package/system';
import { ToolchainError } from '../errors.ts';
import { explainFailure } from './failures.ts';

/** Folders of this name in the packages folder are work in progress; the engine does not list them. */
const STAGING = /^\.staging-(\d+)-/;
/** A folder of a staging: packages that are replaced, by name and version. No model can be called so. */
export const REPLACED = '.replaced';
/** The stagings of this process. */
const own = new Set<string>();

/** A folder beside the packages, of the same file system, for everything that packaging writes. */
export interface Staging {
  readonly packages: string;
  readonly root: string;
  /** `<root>/<name>/<version>`: a store of its own, so that the engine serves what is not published yet. */
  readonly folder: string;
}

interface PackagePlace {
  readonly packages: string;
  readonly name: string;
  readonly version: string;
  /** Whether an existing package of this version is replaced. */
  readonly force: boolean;
}

/**
 * Gives `work` a staging, and removes it afterwards, or when the process exits. Stagings that killed runs left behind are removed
 * first, and the packages that they were about to replace are put back.
 *
 * @throws ToolchainError PACKAGE_EXISTS unless the version is new or may be replaced, STORAGE_FAILED where a disk is full
 */
export async function withStaging<Result>(
  { packages, name, version, force }: PackagePlace,
  work: (staging: Staging) => Promise<Result>,
): Promise<Result> {
  const entry = `.staging-${process.pid}-${randomUUID()}`;
  const root = join(packages, entry);
  own.add(entry);
  const remove = (): void => discard(root, packages);
  process.once('exit', remove);
  try {
    mkdirSync(packages, { recursive: true });
    for (const abandoned of listAbandoned(packages)) discard(join(packages, abandoned), packages);
    refuseExisting({ packages, name, version, force });
    const folder = join(root, name, version);
    await mkdir(folder, { recursive: true });
    return await work({ packages, root, folder });
  } catch (error) {
    throw explainFailure(error, packages);
  } finally {
    process.off('exit', remove);
    remove();
    own.delete(entry);
  }
}

export function refuseExisting({ packages, name, version, force }: PackagePlace): void {
  if (!force && existsSync(join(packages, name, version))) throw packageExists(name, version, 'already');
}

export function packageExists(name: string, version: string, since: 'already' | 'meanwhile'): ToolchainError {
  const exists = since === 'already' ? 'exists' : 'was packaged by another run meanwhile';
  return new ToolchainError(
    'PACKAGE_EXISTS',
    `${name}@${version} ${exists}, and a package never changes. Choose another --version, or replace it with --force.`,
    { details: { name, version } },
  );
}

/**
 * Removes a staging. A package that it was about to replace goes back to its place where nothing has come there: the run was killed
 * between two renames. It is synchronous for the handler of the exit.
 */
function discard(root: string, packages: string): void {
  for (const name of listFolder(join(root, REPLACED))) {
    for (const version of listFolder(join(root, REPLACED, name)))
      putBack(join(root, REPLACED), packages, name, version);
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

function putBack(replaced: string, packages: string, name: string, version: string): void {
  const target = join(packages, name, version);
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(dirname(target), { recursive: true });
  try {
    renameSync(join(replaced, name, version), target);
  } catch (error) {
    // Another run was faster: it has put the package back, or has put one there.
    if (!hasCode(error, 'ENOENT', ...OCCUPIED)) throw error;
  }
}

function listFolder(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Stagings of processes that are gone, and of earlier ones that had the number of this one, as in a container. */
function listAbandoned(packages: string): readonly string[] {
  return readdirSync(packages).filter((entry) => {
    const pid = Number(STAGING.exec(entry)?.[1]);
    return pid > 0 && (pid === process.pid ? !own.has(entry) : !isRunning(pid));
  });
}

/** Codes of `rename` where the target is a folder with something in it. */
export const OCCUPIED = ['ENOTEMPTY', 'EEXIST'];
