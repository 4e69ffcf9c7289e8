/** Writes a package of an earlier release as one of today would be, under a version of its own. No weight, token or golden changes. */
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FolderStore } from '@pilotlight/engine';
import {
  FORMAT_VERSION,
  MANIFEST_FILE,
  type OnnxManifest,
  type PackageManifest,
  packageFiles,
  parseManifest,
  type ResolvedRef,
  SIDECAR_FILES,
} from '@pilotlight/model-format';
import { splitMeasured } from '@pilotlight/model-format/internal/package/measured';
import { publish, writeManifest } from '@pilotlight/toolchain/internal/package/publish';
import { withStaging } from '@pilotlight/toolchain/internal/package/staging';
import { splitTokenizer } from '@pilotlight/toolchain/internal/stages/split-tokenizer';
import { verifyPackage } from '@pilotlight/toolchain/internal/verify-package';

/** Why the package is not as one of today, in words for people: it follows "because". */
export type Outdated = string;

export interface MigrateResult {
  readonly from: ResolvedRef;
  /** @default - there was nothing to do */
  readonly to?: ResolvedRef;
  readonly changes: readonly Outdated[];
  /** Files beside the manifest that were about the old one, and have to be made again. */
  readonly left: readonly string[];
}

export interface MigrateOptions {
  /** The version of the new package, which stays beside the old one. @default - the next patch version */
  readonly version?: string;
}

/**
 * Verifies the package, copies it, rewrites what is outdated, and verifies the copy before it is published.
 *
 * @throws PilotlightError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, VERIFY_FAILED; PACKAGE_EXISTS where the version is there
 */
export async function migratePackage(
  packages: string,
  ref: ResolvedRef,
  { version = nextPatch(ref.version) }: MigrateOptions = {},
): Promise<MigrateResult> {
  const from = { name: ref.name, version: ref.version };
  const store = new FolderStore(packages);
  const { manifest } = await store.open(from);
  const old = join(packages, from.name, from.version);
  const text = await readFile(join(old, MANIFEST_FILE), 'utf8');
  await verifyPackage(packages, { ...from, manifest });
  const to = { name: from.name, version };
  return withStaging({ packages, ...to, force: false }, async (staging) => {
    for (const { path } of packageFiles(manifest)) {
      await mkdir(dirname(join(staging.folder, path)), { recursive: true });
      await cp(join(old, path), join(staging.folder, path), { dereference: true });
    }
    const { migrated, changes } = await rewrite(text, manifest, from, staging.folder);
    if (changes.length === 0) return { from, changes, left: [] };
    const renamed: PackageManifest = { ...migrated, version };
    await writeManifest(staging.folder, renamed);
    const [entry] = await new FolderStore(staging.root).list();
    await verifyPackage(staging.root, entry ?? { ...to, problem: 'its manifest is missing' });
    await publish(staging, to, false);
    return { from, to, changes, left: await listLeft(store, from) };
  });
}

async function rewrite(
  text: string,
  manifest: PackageManifest,
  ref: ResolvedRef,
  folder: string,
): Promise<{ readonly migrated: PackageManifest; readonly changes: readonly Outdated[] }> {
  const changes: Outdated[] = [];
  const { formatVersion }: { formatVersion?: unknown } = JSON.parse(text);
  if (formatVersion !== FORMAT_VERSION) changes.push(`its format was ${String(formatVersion)}`);
  const { figures } = splitMeasured(parseManifest(text, ref));
  if (Object.keys(figures).length > 0)
    changes.push(`its manifest had what a clock said, which is in ${SIDECAR_FILES.measured} now`);
  const divided = manifest.runtime === 'onnx' ? await divideTokenizer(folder, manifest) : undefined;
  if (divided) changes.push('its tokenizer was whole, and opens faster divided');
  return { migrated: divided ?? manifest, changes };
}

/** Undefined where the tokenizer is divided already, or is of a kind that stays whole. */
async function divideTokenizer(folder: string, manifest: OnnxManifest): Promise<OnnxManifest | undefined> {
  if (manifest.textProcessing.split) return undefined;
  const split = await splitTokenizer(folder, manifest.textProcessing);
  return split && { ...manifest, textProcessing: { ...manifest.textProcessing, split } };
}

async function listLeft(store: FolderStore, ref: ResolvedRef): Promise<readonly string[]> {
  const others = [SIDECAR_FILES.signature, SIDECAR_FILES.profile, SIDECAR_FILES.reference];
  const there = await Promise.all(others.map((file) => store.sidecar(ref, file)));
  return others.filter((_, index) => there[index] !== undefined);
}

/** `1.0.1` after `1.0.0`, and `2.0.0` after `2.0.0-rc.1`. */
function nextPatch(version: string): string {
  const [, core = version, patch = '0', prerelease] = /^(\d+\.\d+)\.(\d+)(-[^+]*)?/.exec(version) ?? [];
  return prerelease === undefined ? `${core}.${Number(patch) + 1}` : `${core}.${patch}`;
}
