/** Where a registry is: `s3://bucket`, or with a prefix `s3://bucket/teams/nlp`. It loads nothing of what a record is. */
export interface RegistryAddress {
  readonly bucket: string;
  /** What stands before the keys of a registry: empty, or with a slash at its end. */
  readonly prefix: string;
}

/** By the rules of S3 for buckets; a prefix of plain letters needs no escape in a URL or a policy. */
const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w.-]+)*)\/?$/;

/** Nothing where `text` is no such address. */
export function parseRegistryAddress(text: string): RegistryAddress | undefined {
  const [, bucket, path = ''] = ADDRESS.exec(text) ?? [];
  if (bucket === undefined || path.split('/').some((part) => part === '.' || part === '..')) return undefined;
  return { bucket, prefix: path === '' ? '' : `${path.slice(1)}/` };
}
