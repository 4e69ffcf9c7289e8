import { isPipeline, type PackageManifest } from '@pilotlight/model-format';
import type { PackageEntry, ResolvedRef } from '../ports.ts';

/** A package that can be opened, as lists have it. */
export function entryOf(ref: ResolvedRef, manifest: PackageManifest): PackageEntry {
  return isPipeline(manifest) ? { ...ref, pipeline: manifest } : { ...ref, manifest };
}
