/** The package as a folder: built out of sight, complete on disk, then put in place by one rename. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  MANIFEST_FILE,
  manifestText,
  type OnnxManifest,
  type PackageManifest,
} from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';

/** Folders of this name in the packages folder are work in progress; the engine does not list them. */
const STAGING = /^\.staging-(\d+)-/;

/** A folder beside the packages, of the same file system, for everything that packaging writes. */
export interface Staging {
  readonly root: string;
  /** `<root>/<name>/<version>`: a store of its own, so that the engine serves what is not published yet. */
  readonly folder: string;
  dispose(): Promise<void>;
}

/**
 * Makes the folder, and removes those that killed runs left behind. It goes when it is disposed of, or when the
 * process exits.
 */
export async function createStaging(packages: string, name: string, version: string): Promise<Staging> {
  await mkdir(packages, { recursive: true });
  await removeAbandoned(packages);
  const root = join(packages, `.staging-${process.pid}-${randomUUID().slice(0, 8)}`);
  const folder = join(root, name, version);
  const remove = (): void => rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  await mkdir(folder, { recursive: true });
  return {
    root,
    folder,
    dispose: async () => {
      process.off('exit', remove);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Throws PACKAGE_EXISTS unless the version is new or may be replaced. */
export function refuseExisting(packages: string, name: string, version: string, force: boolean): void {
  if (force || !existsSync(join(packages, name, version))) return;
  throw new ToolchainError(
    'PACKAGE_EXISTS',
    `${name}@${version} exists, and a package never changes. Choose another --version, or replace it with --force.`,
    { details: { name, version } },
  );
}

/** Writes the manifest, after the schema that the engine reads it with has accepted it. */
export async function writeManifest(folder: string, manifest: PackageManifest): Promise<void> {
  await writeFile(join(folder, MANIFEST_FILE), manifestText(manifest));
}

/**
 * Makes the staged folder durable and renames it to `<packages>/<name>/<version>`: other processes see the whole
 * package or none. Throws PACKAGE_EXISTS when another run published the version meanwhile.
 */
export async function publish(
  staging: Staging,
  packages: string,
  { name, version }: Pick<OnnxManifest, 'name' | 'version'>,
  force: boolean,
) {
  const target = join(packages, name, version);
  await syncTree(staging.folder);
  await mkdir(dirname(target), { recursive: true });
  refuseExisting(packages, name, version, force);
  if (existsSync(target)) await rename(target, join(staging.root, 'replaced'));
  await rename(staging.folder, target);
  await syncPath(dirname(target));
  return target;
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? syncTree(path) : syncPath(path));
  }
  await syncPath(folder);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(packages: string): Promise<void> {
  for (const entry of await readdir(packages)) {
    const pid = Number(STAGING.exec(entry)?.[1]);
    if (pid > 0 && !isRunning(pid)) await rm(join(packages, entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
