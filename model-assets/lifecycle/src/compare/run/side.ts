/** One side of a comparison: a package, in one of its variants, loaded by the serving engine. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Engine, FolderStore, formatModelRef, type LoadedModel, parseModelRef } from '@pilotlight/engine';
import { findChecksum, MANIFEST_FILE, type PackageManifest } from '@pilotlight/model-format';
import { LifecycleError } from '../../errors.ts';
import { describeMachine, type Machine } from './machine.ts';

/** What a side is called on a command line, taken apart. */
export interface SideName {
  /** Folder of packages. */
  readonly packages: string;
  /** `name` or `name@version`. */
  readonly ref: string;
  /** @default - the variant that is served */
  readonly variant?: string;
}

/** What is known of the package and the machine that gave answers, whether they are made here or were recorded. */
export interface AnsweredBy {
  readonly manifest: PackageManifest;
  readonly variant: string;
  /** sha256 of model.json, which stands for the whole package. */
  readonly checksum: string;
  readonly machine: Machine;
}

/** A side whose model is loaded. */
export interface Side extends AnsweredBy {
  /** Folder of the package. */
  readonly folder: string;
  readonly model: LoadedModel;
  dispose(): Promise<void>;
}

/**
 * Takes `sentiment`, `sentiment@1.0.1`, `sentiment@1.0.1:fp32` or the path of a package, with or without `:variant`, apart. A path has a
 * slash; the folder of a package is `<name>/<version>`.
 *
 * @throws LifecycleError USAGE where the path has no model.json
 */
export function parseSide(text: string, packages: string): SideName {
  const [, place = text, variant] = /^(.+?)(?::([a-z0-9-]+))?$/.exec(text) ?? [];
  const chosen = variant === undefined ? {} : { variant };
  if (!/[\\/]/.test(place)) return { packages, ref: place, ...chosen };
  const folder = resolve(place);
  if (!existsSync(join(folder, MANIFEST_FILE)) || !statSync(folder).isDirectory()) {
    throw new LifecycleError(
      'USAGE',
      `${place} has no ${MANIFEST_FILE}. Name the folder of a package, which ends in its name and its version: model-assets/packages/sentiment/1.0.1.`,
    );
  }
  const name = basename(dirname(folder));
  return {
    packages: dirname(dirname(folder)),
    ref: formatModelRef({ name, version: basename(folder) }),
    ...chosen,
  };
}

/**
 * Loads a side. Sums of its files are compared with its manifest before it answers.
 *
 * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT
 */
export async function openSide(
  { packages, ref, variant }: SideName,
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<Side> {
  const resolved = await new FolderStore(packages).resolve(parseModelRef(ref));
  const engine = new Engine({
    packages,
    ...(variant !== undefined && { variant }),
    ...(threads !== undefined && { intraOpThreads: threads }),
  });
  try {
    const model = await engine.model(resolved);
    const { manifest, variantName } = model;
    return {
      manifest,
      model,
      variant: variantName,
      checksum: findChecksum(manifest) ?? '',
      folder: join(packages, resolved.name, resolved.version),
      machine: describeMachine(threads),
      dispose: () => engine.dispose(),
    };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** `sentiment@1.0.1 int8` */
export function nameSide({ manifest, variant }: Pick<AnsweredBy, 'manifest' | 'variant'>): string {
  return `${formatModelRef(manifest)} ${variant}`;
}
