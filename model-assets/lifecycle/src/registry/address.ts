import { LifecycleError } from '../errors.ts';

/** The place of a registry. */
export interface RegistryAddress {
  readonly bucket: string;
  /** The prefix that packages and records lie below: empty, or with a slash at its end. */
  readonly prefix: string;
}

const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]+[a-z0-9])((?:\/[^\s/]+)*)\/?$/;

/** Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`. @throws LifecycleError USAGE */
export function parseRegistryAddress(text: string): RegistryAddress {
  const [, bucket, path = ''] = ADDRESS.exec(text) ?? [];
  if (bucket === undefined) {
    throw new LifecycleError(
      'USAGE',
      `A registry is a bucket with or without a prefix, such as s3://acme-models/registry, not ${JSON.stringify(text)}.`,
    );
  }
  return { bucket, prefix: path === '' ? '' : `${path.slice(1)}/` };
}
