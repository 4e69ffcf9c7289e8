/** Brings the packages of a deployment to this machine before its constructs look for them. */
import { join } from 'node:path';
import { formatModelRef, parseModelRef, sha256Of } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { InfraError } from '../../common/errors.ts';
import { buildFolder } from '../../common/paths.ts';
import type { Deployment } from '../config/load.ts';
import { openPackageSource } from './package-source.ts';

/**
 * Fetches what `packages` of the configuration names, of an alias the version that it means at this moment, and gives the deployment with
 * the folder that it is in now. A deployment without `packages` is given back as it is.
 *
 * @param cache - folder that keeps what was fetched
 * @throws InfraError PACKAGE_NOT_FETCHED, with the package and the reason
 */
export async function fetchPackages(
  deployment: Deployment,
  cache = buildFolder('packages'),
): Promise<Deployment> {
  const { packages } = deployment.config;
  if (!packages) return deployment;
  const source = await openPackageSource(packages.from);
  const pinned = Object.entries(packages.sha256);
  for (const [name, alias] of Object.entries(packages.aliases)) {
    const meant = await askFor(`${name}@${alias}`, () => source.resolve(name, alias));
    pinned.push([formatModelRef(meant), meant.manifestSha256]);
  }
  pinned.sort();
  // A folder for these very packages: a model without a version is the highest of them, whatever else was ever fetched.
  const folder = join(cache, sha256Of(JSON.stringify(pinned)).slice(0, 16));
  for (const [ref, manifestSha256] of pinned) {
    const { name, version = '' } = parseModelRef(ref);
    await askFor(ref, () => source.fetch({ name, version, manifestSha256 }, folder));
  }
  return { ...deployment, config: { ...deployment.config, packagesFolder: folder } };
}

/** @throws InfraError PACKAGE_NOT_FETCHED */
async function askFor<Result>(ref: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    // The inner error has the address; what is around it is meant for clients of a function.
    const { code, message } = PilotlightError.is(error.cause) ? error.cause : error;
    throw new InfraError(
      'PACKAGE_NOT_FETCHED',
      `packages: ${ref} cannot be fetched (${code}): ${message.trim()} ` +
        'Compare packages of the configuration with what is there, and see that the credentials of this shell may read it.',
      { cause: error },
    );
  }
}
