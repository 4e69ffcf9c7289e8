/** The places that packages are fetched from. A further kind of place is one more entry of SOURCES. */
import type { PinnedPackage } from '@pilotlight/app/internal/aws/package-bucket';
import { InfraError } from '../../common/errors.ts';

export interface PackageSource {
  /**
   * The package that an alias means now, by the record of the registry at this place.
   *
   * @throws PilotlightError that says what the registry has
   */
  resolve(name: string, alias: string): Promise<PinnedPackage>;
  /**
   * Makes `<folder>/<name>/<version>` the package with every file of its manifest, each compared with its checksum. Where it
   * is there already, intact, the files beside the manifest alone are asked for.
   *
   * @throws PilotlightError that says what is wrong with the package or its place
   */
  fetch(wanted: PinnedPackage, folder: string): Promise<void>;
}

/** By the protocol of the address. Each is loaded where it is used, because most synths fetch nothing. */
const SOURCES: Readonly<Record<string, (address: string) => Promise<PackageSource>>> = {
  's3:': async (address) => {
    const { PackageBucket } = await import('@pilotlight/app/internal/aws/package-bucket');
    return new PackageBucket(address);
  },
};

/** @throws InfraError INVALID_CONFIGURATION for an address of another kind */
export async function openPackageSource(address: string): Promise<PackageSource> {
  const open = SOURCES[new URL(address).protocol];
  if (open) return open(address);
  const known = Object.keys(SOURCES).map((protocol) => `${protocol}//`);
  throw new InfraError(
    'INVALID_CONFIGURATION',
    `packages.from must begin with ${known.join(' or ')}: ${address}.`,
  );
}
