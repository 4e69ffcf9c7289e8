/** A folder of an S3 bucket. Loaded where one is asked for, because the SDK is slow to load. */
import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { S3Reader } from '@pilotlight/engine/internal/store/s3/s3-reader';
import { ToolchainError } from '../../../errors.ts';
import { type Environment, PATH_INSIDE, type RemoteFile } from '../remote-source.ts';
import type { FileTree } from './file-tree.ts';

const CONNECT_MS = 5_000;

export interface S3Place {
  readonly bucket: string;
  /** With the slash at its end; empty for the whole bucket. */
  readonly prefix: string;
  /** The only file that is wanted. @default - all below the prefix */
  readonly file?: string | undefined;
}

/** Region, credentials and endpoint are those of the SDK's own variables. */
export function s3Tree({ bucket, prefix, file }: S3Place, environment: Environment): FileTree {
  const ownEndpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const client = new S3Client({
    forcePathStyle: ownEndpoint !== undefined,
    ...(ownEndpoint !== undefined && { endpoint: ownEndpoint }),
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS },
  });
  const reader = new S3Reader(bucket, client);
  return {
    host: `s3://${bucket}`,
    async list() {
      const files: RemoteFile[] = [];
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix + (file ?? ''),
          ...(token !== undefined && { ContinuationToken: token }),
        });
        const page = await client.send(command).catch((cause: unknown) => {
          throw explain(cause, bucket);
        });
        for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
          const path = Key.slice(prefix.length);
          const isWanted = file === undefined || path === file;
          if (isWanted && PATH_INSIDE.test(path)) files.push({ path, bytes: Size, tag: ETag });
        }
        token = page.NextContinuationToken;
      }
      return files;
    },
    reader(files) {
      const tags = new Map(files.map(({ path, tag }) => [path, tag]));
      return { read: (path, options) => reader.read(prefix + path, { ...options, etag: tags.get(path) }) };
    },
  };
}

function explain(cause: unknown, bucket: string): ToolchainError {
  const name = cause instanceof Error ? cause.name : '';
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
  if (name === 'CredentialsProviderError') {
    return error(
      'SOURCE_DENIED',
      'No credentials of AWS were found: sign in with `aws sso login`, or set AWS_PROFILE.',
      cause,
    );
  }
  if (name === 'NoSuchBucket' || status === 404)
    return error('SOURCE_NOT_FOUND', `There is no bucket '${bucket}'.`, cause);
  if (status === 403) {
    return error(
      'SOURCE_DENIED',
      `The bucket '${bucket}' may not be listed: s3:ListBucket on it, and s3:GetObject on its objects, are needed.`,
      cause,
    );
  }
  if (name === 'PermanentRedirect' || status === 301 || status === 400) {
    return error(
      'SOURCE_UNAVAILABLE',
      `The bucket '${bucket}' is in another region than AWS_REGION says, or the credentials have expired (${name}).`,
      cause,
    );
  }
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return error(
    'SOURCE_UNAVAILABLE',
    `The bucket '${bucket}' cannot be listed: ${reason.replace(/\.?$/, '.')}`,
    cause,
  );
}

const error = (
  code: 'SOURCE_DENIED' | 'SOURCE_NOT_FOUND' | 'SOURCE_UNAVAILABLE',
  message: string,
  cause: unknown,
) => new ToolchainError(code, message, { cause });
