/** `models push`: the files of a version first, `model.json` last, then the entry that makes them a version of the registry. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestFiles } from '@pilotlight/engine/internal/store/digest-files';
import {
  corrupt,
  findFault,
  formatModelRef,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  type PackageFile,
  packageFiles,
  parseManifest,
  type ResolvedRef,
  readRegularFile,
  refused,
  resolveInside,
  sha256Of,
  sidecarFiles,
  sumOfBytes,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import type { RegistryAction, RegistryRecord } from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';
import { jsonObject, packageKey, packagePrefix, pushMarkerKey } from './layout.ts';
import { type Actor, changeRecord, readRecord } from './record-store.ts';
import type { RegistryBucket } from './s3-bucket.ts';
import { isRegistered } from './versions.ts';

export interface PushOptions extends Actor {
  /** The folder of packages that has it at `<name>/<version>`. */
  readonly packages: string;
  /** Gets the bytes that are in the registry, of those that the package has. */
  readonly onBytes?: (done: number, all: number) => void;
}

export interface Pushed {
  /** `name@version`. */
  readonly package: string;
  readonly manifestSha256: string;
  /** Of all its files, `model.json` among them. */
  readonly bytes: number;
  /** Files and bytes that were not in the registry before. */
  readonly sent: { readonly files: number; readonly bytes: number };
  /** Whether it was a version of the registry before. */
  readonly wasThere: boolean;
}

/** Small files that are put at the same time. */
const PARALLEL_FILES = 8;

interface LocalPackage {
  readonly ref: ResolvedRef;
  readonly folder: string;
  readonly manifestSha256: string;
  /** All but `model.json`, the largest first. */
  readonly files: readonly PackageFile[];
  readonly manifest: PackageFile;
  readonly sidecars: readonly string[];
}

/**
 * Puts a package into a registry. Pushed again, it goes on where it was interrupted, puts what is missing, and changes nothing else.
 *
 * @throws EngineError PACKAGE_CORRUPT, PACKAGE_INVALID for the package here; LifecycleError VERSION_EXISTS, FILE_CHANGED,
 *   REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE
 */
export async function pushPackage(
  bucket: RegistryBucket,
  ref: ResolvedRef,
  { packages, onBytes = () => {}, ...actor }: PushOptions,
): Promise<Pushed> {
  const local = await readLocal(packages, ref);
  const { version } = ref;
  const { manifestSha256 } = local;
  const bytes = sumOfBytes([...local.files, local.manifest]);
  const wasThere = isRegistered(await readRecord(bucket, ref.name), { version, manifestSha256 });
  if (!wasThere) {
    const marker = jsonObject({ manifestSha256, who: actor.who, at: new Date().toISOString() });
    await bucket.put(pushMarkerKey(ref), marker.bytes, marker.sha256);
  }
  const sent = await putFiles(bucket, local, (done) => onBytes(done, bytes));
  const push: RegistryAction = { action: 'push', version, manifestSha256, bytes };
  const decide = (record: RegistryRecord) =>
    isRegistered(record, { version, manifestSha256 }) ? undefined : push;
  if (!wasThere) await changeRecord(bucket, ref.name, actor, decide);
  await bucket.delete(pushMarkerKey(ref));
  return { package: formatModelRef(ref), manifestSha256, bytes, sent, wasThere };
}

/** Reads a package of this machine, every file of which is compared. @throws EngineError PACKAGE_CORRUPT, PACKAGE_INVALID */
async function readLocal(packages: string, ref: ResolvedRef): Promise<LocalPackage> {
  const folder = join(packages, ref.name, ref.version);
  const text = readManifestText(folder, ref);
  const files = packageFiles(parseManifest(text.toString('utf8'), ref)).toSorted(
    (left, right) => right.bytes - left.bytes,
  );
  const digests = await digestFiles(files.map(({ path }) => inside(folder, path, ref)));
  for (const [index, file] of files.entries()) {
    const fault = findFault(file, digests[index]);
    if (fault !== undefined) throw corrupt(ref, fault);
  }
  const sidecars = sidecarFiles.filter((path) => existsSync(join(folder, path)));
  const manifest = { path: MANIFEST_FILE, bytes: text.byteLength, sha256: sha256Of(text) };
  return { ref, folder, files, manifest, manifestSha256: manifest.sha256, sidecars };
}

function readManifestText(folder: string, ref: ResolvedRef): Buffer {
  try {
    return readRegularFile(resolveInside(folder, MANIFEST_FILE), MAX_MANIFEST_BYTES);
  } catch (cause) {
    const reason = PilotlightError.is(cause) ? cause.message.replace(/\.$/, '') : 'is missing';
    throw refused(ref, `its ${MANIFEST_FILE} ${reason}`, cause);
  }
}

function inside(folder: string, path: string, ref: ResolvedRef): string {
  try {
    return resolveInside(folder, path);
  } catch (cause) {
    const reason = PilotlightError.is(cause) ? cause.message.replace(/\.$/, '') : `${path} is missing`;
    throw corrupt(ref, reason, { cause });
  }
}

/** Puts what is not there, `model.json` as the last. @throws LifecycleError VERSION_EXISTS, FILE_CHANGED, REGISTRY_UNREACHABLE */
async function putFiles(
  bucket: RegistryBucket,
  local: LocalPackage,
  onBytes: (done: number) => void,
): Promise<{ files: number; bytes: number }> {
  const { ref, files, manifest, sidecars } = local;
  const listed = await bucket.list(packagePrefix(ref));
  const there = new Map(listed.map(({ key, bytes }) => [key, bytes]));
  const sent = { files: 0, bytes: 0 };
  let done = 0;
  const put = async (file: PackageFile) => {
    const key = packageKey(ref, file.path);
    const isNew = await putFile(bucket, { ...local, key, file, there: there.get(key) }, (bytes) => {
      done += bytes;
      onBytes(done);
    });
    if (!isNew) return;
    sent.files += 1;
    sent.bytes += file.bytes;
  };
  const queue = [...files];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await put(file);
  };
  await Promise.all(Array.from({ length: PARALLEL_FILES }, work));
  for (const path of sidecars) await putSidecar(bucket, local, path);
  await put(manifest);
  return sent;
}

async function putFile(
  bucket: RegistryBucket,
  { folder, key, file, there }: LocalPackage & { key: string; file: PackageFile; there: number | undefined },
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  if (there === undefined) {
    const { path, bytes, sha256 } = file;
    if (await bucket.upload(key, { path: join(folder, path), bytes, sha256, onBytes })) return true;
  }
  // Somebody put it, before or at this moment.
  const sha256 = (await bucket.givenSha256(key)) ?? (await bucket.digest(key)).sha256;
  if ((there ?? file.bytes) !== file.bytes || sha256 !== file.sha256) throw taken(bucket, key);
  onBytes(file.bytes);
  return false;
}

async function putSidecar(bucket: RegistryBucket, { ref, folder }: LocalPackage, path: string) {
  const content = readRegularFile(resolveInside(folder, path));
  const key = packageKey(ref, path);
  const sha256 = sha256Of(content);
  if ((await bucket.givenSha256(key)) !== sha256) await bucket.put(key, content, sha256);
}

function taken(bucket: RegistryBucket, key: string): LifecycleError {
  return new LifecycleError(
    'VERSION_EXISTS',
    `${bucket.url(key)} is there and is another file than this package has. Package under a new version; or, where it was damaged or is of a push that was given up, delete it and push again.`,
  );
}
