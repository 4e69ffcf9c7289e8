/** The package as a folder: complete on disk, then put in place by one rename. */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  MANIFEST_FILE,
  manifestText,
  type OnnxManifest,
  type PackageManifest,
  SIDECAR_FILES,
  sha256Of,
} from '@pilotlight/model-format';
import { explainIssue } from '@pilotlight/model-format/errors';
import { measuredText, splitMeasured } from '@pilotlight/model-format/internal/package/measured';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { OCCUPIED, packageExists, REPLACED, refuseExisting, type Staging } from './staging.ts';

/**
 * Writes the manifest, and beside it what was measured by a clock, after the schema that the engine reads it with has accepted it. Throws SOURCE_INVALID for a value that no
 * package can have, which a source has brought.
 */
export async function writeManifest(folder: string, manifest: PackageManifest): Promise<void> {
  const { manifest: lasting, figures } = splitMeasured(manifest);
  const text = checkedText(lasting);
  await writeFile(join(folder, MANIFEST_FILE), text);
  const measured = join(folder, SIDECAR_FILES.measured);
  if (Object.keys(figures).length === 0) await rm(measured, { force: true });
  else await writeFile(measured, measuredText(sha256Of(text), figures));
}

function checkedText(manifest: PackageManifest): string {
  try {
    return manifestText(manifest);
  } catch (cause) {
    if (!(cause instanceof z.core.$ZodError)) throw cause;
    const [issue] = cause.issues;
    throw new ToolchainError(
      'SOURCE_INVALID',
      `No package can be made of this: ${issue?.path.join('.') || 'the manifest'}: ${explainIssue(issue)}.`,
      { cause },
    );
  }
}

/**
 * Makes the staged folder durable and renames it to `<packages>/<name>/<version>`: other processes see the whole
 * package or none. Throws PACKAGE_EXISTS when another run published the version meanwhile.
 */
export async function publish(
  { packages, root, folder }: Staging,
  { name, version }: Pick<OnnxManifest, 'name' | 'version'>,
  force: boolean,
): Promise<string> {
  const target = join(packages, name, version);
  await syncTree(folder);
  refuseExisting({ packages, name, version, force });
  const replaced = join(root, REPLACED, name, version);
  await mkdir(dirname(replaced), { recursive: true });
  if (force) await unless(['ENOENT'], rename(target, replaced));
  // The folder of a new name comes with its first version in it: a run that is killed leaves no empty one.
  const isNew =
    !existsSync(dirname(target)) && (await unless(OCCUPIED, rename(dirname(folder), dirname(target))));
  if (!isNew && !(await unless(OCCUPIED, rename(folder, target))))
    throw packageExists(name, version, 'meanwhile');
  await syncPath(dirname(target));
  await syncPath(packages);
  return target;
}

/** Whether something was done, or failed with one of these codes. */
async function unless(codes: readonly string[], done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (hasCode(error, ...codes)) return false;
    throw error;
  }
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
