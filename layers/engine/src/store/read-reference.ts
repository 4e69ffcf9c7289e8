/** Reads the reference that lies beside the manifest of a package. Nothing of it is read before somebody asks. */
import { findChecksum, type PackageManifest, SIDECAR_FILES } from '@pilotlight/model-format';
import { parseReference, type Reference } from '@pilotlight/model-format/drift';
import type { PackageStore } from '../ports.ts';

/** Nothing where there is none. @throws PilotlightError REFERENCE_INVALID, and what the store throws */
export async function readReference(
  store: PackageStore,
  manifest: PackageManifest,
): Promise<Reference | undefined> {
  const checksum = findChecksum(manifest);
  const text = await store.sidecar?.(manifest, SIDECAR_FILES.reference);
  return text === undefined || checksum === undefined ? undefined : parseReference(text, checksum);
}
