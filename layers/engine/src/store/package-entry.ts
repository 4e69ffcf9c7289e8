import { PilotlightError } from '@pilotlight/model-format/errors';
import type { PackageEntry, PackageStore, ResolvedRef } from '../ports.ts';

/** A package of a list: with its manifest, or with the reason why it cannot be opened. */
export async function packageEntry(
  store: Pick<PackageStore, 'open'>,
  ref: ResolvedRef,
): Promise<PackageEntry> {
  try {
    return { ...ref, manifest: (await store.open(ref)).manifest };
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    return { ...ref, problem: error.message };
  }
}
