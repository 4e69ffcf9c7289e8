/** `s3://bucket/prefix`: the folder of a checkpoint or of an export in a bucket, or an archive of AllenNLP, `s3://bucket/model.tar.gz`. */
import { ToolchainError } from '../../errors.ts';
import type { RemoteKind } from './remote-source.ts';
import { cacheFolderFor, modelOfTree } from './trees/file-tree.ts';

const ADDRESS = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<key>.*))?$/;
const ARCHIVE = /\.(?:tar\.gz|tgz)$/i;

export const s3: RemoteKind = {
  prefix: 's3',
  async open(address, { environment }) {
    const place = parseS3Address(address);
    return modelOfTree({
      address,
      cacheFolder: cacheFolderFor('s3', address),
      open: async () => (await import('./trees/s3-tree.ts')).s3Tree(place, environment),
    });
  },
};

/** @throws ToolchainError USAGE */
export function parseS3Address(address: string) {
  const { bucket, key = '' } = ADDRESS.exec(address)?.groups ?? {};
  if (bucket === undefined) {
    throw new ToolchainError('USAGE', `'${address}' is no folder of a bucket: write s3://bucket/prefix.`);
  }
  const parts = key.split('/').filter((part) => part !== '');
  const file = ARCHIVE.test(key) ? parts.pop() : undefined;
  return { bucket, prefix: parts.map((part) => `${part}/`).join(''), file };
}
