/** Reads the reference that lies beside the manifest of a package. Nothing of it is read before somebody asks. */
import { dirname } from 'node:path';
import {
  findChecksum,
  MANIFEST_FILE,
  readRegularFile,
  resolveInside,
  SIDECAR_FILES,
} from '@pilotlight/model-format';
import { MAX_REFERENCE_BYTES, parseReference, type Reference } from '@pilotlight/model-format/drift';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import type { ModelPackage } from '../ports.ts';

/** Nothing where there is none. @throws PilotlightError REFERENCE_INVALID, NOT_A_FILE, FILE_TOO_LARGE */
export function readReference(opened: Pick<ModelPackage, 'manifest' | 'path'>): Reference | undefined {
  const checksum = findChecksum(opened.manifest);
  if (checksum === undefined) return undefined;
  let content: Buffer;
  try {
    content = readRegularFile(placeInside(opened), MAX_REFERENCE_BYTES);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return parseReference(content.toString(), checksum);
}

/** Links may not lead out of the package. */
function placeInside(opened: Pick<ModelPackage, 'path'>): string {
  return resolveInside(dirname(opened.path(MANIFEST_FILE)), SIDECAR_FILES.reference);
}
