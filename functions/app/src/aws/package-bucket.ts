/** Packages as they lie below a prefix of a bucket, fetched whole: for builds, which have checksums and no list of keys. */
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectReader } from '@pilotlight/engine/internal/store/s3/objects';
import { readObject } from '@pilotlight/engine/internal/store/s3/read-range';
import { RemotePackage } from '@pilotlight/engine/internal/store/s3/remote-package';
import { S3Reader } from '@pilotlight/engine/internal/store/s3/s3-reader';
import { DEFAULT_TRANSFER } from '@pilotlight/engine/internal/store/s3/transfer';
import {
  corrupt,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  MAX_SIDECAR_BYTES,
  ownValue,
  packageFiles,
  parseManifest,
  type ResolvedRef,
  readRegularFile,
  sha256Of,
  sidecarFiles,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import { writeSidecar } from '@pilotlight/model-format/internal/package/write-sidecar';
import { MAX_REGISTRY_BYTES, parseRecord, registryKey } from '@pilotlight/model-format/registry';

export interface PinnedPackage extends ResolvedRef {
  /** The sha256 that its model.json must have. */
  readonly manifestSha256: string;
}

export class PackageBucket {
  readonly #objects: ObjectReader;
  readonly #prefix: string;

  /**
   * @param address - `s3://BUCKET` or `s3://BUCKET/PREFIX`, which has the files of a package at `<name>/<version>/`
   * @param reader - what reads the bucket. @default - a client for the region and the credentials of the environment
   */
  constructor(address: string, reader?: ObjectReader) {
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(address) ?? [];
    this.#objects = reader ?? connect(bucket);
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  /**
   * The version that an alias means, by the record of the registry that lies in the bucket.
   *
   * @throws ObjectError; PilotlightError REGISTRY_INVALID; EngineError MODEL_NOT_FOUND with the aliases that there are
   */
  async resolve(name: string, alias: string): Promise<PinnedPackage> {
    const key = this.#prefix + registryKey(name);
    const text = await readObject(this.#objects, key, MAX_REGISTRY_BYTES, DEFAULT_TRANSFER);
    const { aliases } = parseRecord(text.toString('utf8'), name);
    const meant = ownValue(aliases, alias);
    if (meant) return { name, version: meant.version, manifestSha256: meant.manifestSha256 };
    const known = Object.keys(aliases).join(', ') || 'no alias';
    throw new EngineError('MODEL_NOT_FOUND', `The registry has no ${alias} of ${name}; it has ${known}.`);
  }

  /**
   * Fetches a package with every file of its manifest to `<folder>/<name>/<version>`, unless it is there and intact: then its sidecars
   * alone are asked for.
   *
   * @throws ObjectError; EngineError PACKAGE_CORRUPT, PACKAGE_INVALID, PACKAGE_UNAVAILABLE
   */
  async fetch(wanted: PinnedPackage, folder: string): Promise<void> {
    const { name, version, manifestSha256 } = wanted;
    const key = (path: string) => `${this.#prefix}${name}/${version}/${path}`;
    const fetched = readFetched(join(folder, name, version, MANIFEST_FILE), MAX_MANIFEST_BYTES);
    const text =
      fetched !== undefined && sha256Of(fetched) === manifestSha256
        ? fetched
        : await readObject(this.#objects, key(MANIFEST_FILE), MAX_MANIFEST_BYTES, DEFAULT_TRANSFER);
    const sha256 = sha256Of(text);
    if (sha256 !== manifestSha256) {
      const remedy = 'Whoever trusts this package pins that sum.';
      throw corrupt(wanted, `the sha256 of its ${MANIFEST_FILE} is ${sha256}, not ${manifestSha256}`, {
        remedy,
      });
    }
    const files = packageFiles(parseManifest(text.toString('utf8'), wanted));
    const paths = [MANIFEST_FILE, ...sidecarFiles, ...files.map(({ path }) => path)];
    const objects = Object.fromEntries(paths.map((path) => [path, key(path)]));
    const connect = async () => this.#objects;
    const remote = new RemotePackage({ ...wanted, objects }, folder, connect, DEFAULT_TRANSFER);
    await remote.fetch();
    if (text === fetched) await renewSidecars(remote, join(folder, name, version));
  }
}

function connect(bucket: string): S3Reader {
  // The CDK knows the region of its credentials where the environment names none.
  const { AWS_REGION, CDK_DEFAULT_REGION } = process.env;
  const region = AWS_REGION ?? CDK_DEFAULT_REGION;
  const client = new S3Client({
    maxAttempts: 1,
    followRegionRedirects: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(region !== undefined && { region }),
  });
  return new S3Reader(bucket, client);
}

/** A package may be signed, or by one more key, long after it was fetched. */
async function renewSidecars(remote: RemotePackage, folder: string): Promise<void> {
  for (const file of sidecarFiles) {
    const content = await remote.sidecar(file);
    if (content !== undefined && content !== readFetched(join(folder, file), MAX_SIDECAR_BYTES)?.toString())
      await writeSidecar(folder, file, content);
  }
}

function readFetched(file: string, maxBytes: number): Buffer | undefined {
  try {
    return readRegularFile(file, maxBytes);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
