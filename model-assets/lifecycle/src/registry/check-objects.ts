/** Whether the objects of a version are the files of its package. */
import {
  findFault,
  formatModelRef,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  type PackageFile,
  packageFiles,
  parseManifest,
  type ResolvedRef,
  sha256Of,
  sumOfBytes,
} from '@pilotlight/model-format';
import { LifecycleError } from '../errors.ts';
import { packageKey, packagePrefix } from './layout.ts';
import type { RegistryBucket } from './s3-bucket.ts';

/** Objects that are read at the same time. */
const PARALLEL = 4;

/** Reads every object of a version. @throws LifecycleError PACKAGE_CORRUPT with the object, REGISTRY_UNREACHABLE */
export async function checkObjects(
  bucket: RegistryBucket,
  ref: ResolvedRef,
  manifestSha256: string,
  onBytes: (done: number, all: number) => void = () => {},
): Promise<void> {
  const files = await checkListed(bucket, ref, manifestSha256);
  const all = sumOfBytes(files);
  let done = 0;
  const queue = files.filter(({ bytes }) => bytes > 0);
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const key = packageKey(ref, file.path);
      const found = await bucket.digest(key, (bytes) => {
        done += bytes;
        onBytes(done, all);
      });
      requireFile(bucket, ref, file, found);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/**
 * Compares `model.json`, and the sizes of all other objects of a version. Gives its files.
 *
 * @throws LifecycleError PACKAGE_CORRUPT with the object, REGISTRY_UNREACHABLE
 */
export async function checkListed(
  bucket: RegistryBucket,
  ref: ResolvedRef,
  manifestSha256: string,
): Promise<readonly PackageFile[]> {
  const files = await readFiles(bucket, ref, manifestSha256);
  const listed = await bucket.list(packagePrefix(ref));
  const there = new Map(listed.map((object) => [object.key, object]));
  for (const file of files) requireFile(bucket, ref, file, there.get(packageKey(ref, file.path)));
  return files;
}

/** The files of a version, of the `model.json` that was pushed. @throws LifecycleError PACKAGE_CORRUPT with the object, REGISTRY_UNREACHABLE */
export async function readFiles(
  bucket: RegistryBucket,
  ref: ResolvedRef,
  manifestSha256: string,
): Promise<readonly PackageFile[]> {
  const key = packageKey(ref, MANIFEST_FILE);
  const manifest = await bucket.read(key, MAX_MANIFEST_BYTES);
  const isRight =
    manifest && manifest.bytes <= MAX_MANIFEST_BYTES && sha256Of(manifest.body) === manifestSha256;
  if (!isRight) {
    const reason = manifest ? 'is not the one that was pushed' : 'is missing';
    throw damaged(bucket, ref, key, `${MANIFEST_FILE} ${reason}`);
  }
  return packageFiles(parseManifest(Buffer.from(manifest.body).toString('utf8'), ref));
}

function requireFile(
  bucket: RegistryBucket,
  ref: ResolvedRef,
  file: PackageFile,
  found: { readonly bytes: number; readonly sha256?: string } | undefined,
): void {
  const fault = findFault(file, found);
  if (fault !== undefined) throw damaged(bucket, ref, packageKey(ref, file.path), fault);
}

function damaged(bucket: RegistryBucket, ref: ResolvedRef, key: string, fault: string): LifecycleError {
  return new LifecycleError(
    'PACKAGE_CORRUPT',
    `${formatModelRef(ref)} is refused: ${fault} (${bucket.url(key)}). Restore the object, or delete it and push the package again.`,
  );
}
