/** `models pull`: a version of the registry, or what an alias means, into a folder of packages. */
import { PackageBucket } from '@pilotlight/app/internal/aws/package-bucket';
import type { ObjectReader } from '@pilotlight/engine/internal/store/s3/objects';
import { formatModelRef, type ResolvedRef } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { findCode, hasCode } from '@pilotlight/model-format/internal/package/system';
import { registeredVersions } from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';
import { readFiles } from './check-objects.ts';
import { packagePrefix } from './layout.ts';
import { readRecord } from './record-store.ts';
import type { RegistryBucket } from './s3-bucket.ts';
import { explainS3Error } from './s3-errors.ts';
import { chooseRegistered } from './versions.ts';

export interface PullOptions {
  /** A folder of packages, which gets it at `<name>/<version>`. */
  readonly packages: string;
  /** Gets the bytes that have come, of those that the package has. */
  readonly onBytes?: (done: number, all: number) => void;
}

export interface Pulled {
  /** `name@version`. */
  readonly package: string;
  readonly manifestSha256: string;
  readonly bytes: number;
  /** Bytes that came: few where the package was there before. */
  readonly receivedBytes: number;
}

/**
 * Fetches what `wanted` means: a version, an alias, or nothing for the highest version. The package appears at its place at once,
 * after each of its files was compared; one that is there and intact is not fetched again, but for its sidecars.
 *
 * @throws LifecycleError VERSION_MISSING, PACKAGE_CORRUPT with the object, FOLDER_UNWRITABLE, REGISTRY_INVALID, REGISTRY_UNREACHABLE
 */
export async function pullPackage(
  bucket: RegistryBucket,
  name: string,
  wanted: string | undefined,
  { packages, onBytes = () => {} }: PullOptions,
): Promise<Pulled> {
  const record = await readRecord(bucket, name);
  const { version, manifestSha256 } = chooseRegistered(record, wanted);
  const bytes = registeredVersions(record).find((entry) => entry.version === version)?.bytes ?? 0;
  await readFiles(bucket, { name, version }, manifestSha256);
  let receivedBytes = 0;
  const reader = counting(bucket.reader, (arrived) => {
    receivedBytes += arrived;
    onBytes(Math.min(receivedBytes, bytes), bytes);
  });
  try {
    await new PackageBucket(bucket.address, reader).fetch({ name, version, manifestSha256 }, packages);
  } catch (error) {
    throw findDiskFault(error, packages) ?? explainFetch(error, bucket, { name, version });
  }
  return { package: formatModelRef({ name, version }), manifestSha256, bytes, receivedBytes };
}

/** The same objects; `onBytes` gets the number of bytes of each piece. */
function counting(reader: ObjectReader, onBytes: (bytes: number) => void): ObjectReader {
  return {
    read: async (key, options) => {
      const part = await reader.read(key, options);
      const body = async function* () {
        for await (const chunk of part.body) {
          onBytes(chunk.byteLength);
          yield chunk;
        }
      };
      return { ...part, body: body() };
    },
  };
}

const DISK_CODES = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EMFILE'];

/** The error of a folder that cannot be written, wherever it stands in the causes. */
function findDiskFault(error: unknown, packages: string): LifecycleError | undefined {
  const [fault] = [error, PilotlightError.is(error) ? error.cause : undefined].filter((one) =>
    hasCode(one, ...DISK_CODES),
  );
  if (fault === undefined) return undefined;
  const message = `${packages} cannot be written (${findCode(fault)}). Make room, or choose another folder with --packages.`;
  return new LifecycleError('FOLDER_UNWRITABLE', message, { cause: error });
}

/** The engine's error is meant for clients of a function; the object is in its cause. */
function explainFetch(error: unknown, bucket: RegistryBucket, ref: ResolvedRef): unknown {
  if (!PilotlightError.is(error)) return explainS3Error(error, bucket.address);
  const inner = PilotlightError.is(error.cause) ? error.cause : error;
  const place = bucket.url(packagePrefix(ref));
  if (error.code === 'PACKAGE_CORRUPT' || inner.code === 'CONTENT_DIFFERS') {
    return new LifecycleError(
      'PACKAGE_CORRUPT',
      `${formatModelRef(ref)} is refused: ${inner.message.trim().replace(/\.$/, '')} (${place}). Restore the object, or delete it and push the package again.`,
      { cause: error },
    );
  }
  return explainS3Error(inner, place);
}
