/// <reference path="./s3rver.d.ts" />
/** A test double of S3 for trusted local use: s3rver with one bucket, and the events of its objects. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import S3rver from 's3rver';
import { z } from 'zod';
import { end, listen } from '../listen.ts';
import { onConditions } from './conditions.ts';

const etagSchema = z.object({ etag: z.string() });

export interface S3Options {
  readonly bucket: string;
  /** The folder that holds the objects. */
  readonly folder: string;
  /** 0 takes a free port. `elseFree` takes a free one where the wanted one is in use. @default { wanted: 0 } */
  readonly port?: { readonly wanted: number; readonly elseFree?: boolean };
  /** Gets the notification of each object that was written or deleted, as JSON. @default - nobody is told */
  readonly notify?: (notification: string) => void;
}

export interface S3Server {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** @throws EmulatorError PORT_UNAVAILABLE */
export async function startS3({
  bucket,
  folder,
  port = { wanted: 0 },
  notify,
}: S3Options): Promise<S3Server> {
  mkdirSync(folder, { recursive: true });
  const app = new S3rver({
    directory: folder,
    silent: true,
    vhostBuckets: false,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket }],
  });
  await app.configureBuckets();
  if (notify) app.on('event', (event) => notify(JSON.stringify(event, encodeKeys)));
  const findEtag = async (name: string, key: string) => {
    const exists = await app.store.existsObject(name, key);
    return exists ? etagSchema.parse(await app.store.getMetadata(name, key)).etag : undefined;
  };
  const answer = app.callback();
  const server = createServer(
    onConditions(findEtag, (request, response) => {
      // s3rver knows one pair of credentials; here any will do, as will none.
      delete request.headers.authorization;
      answer(request, response);
    }),
  );
  const bound = await listen(server, { port: port.wanted }).catch((error: unknown) => {
    if (port.elseFree !== true) throw error;
    return listen(server);
  });
  return { endpoint: `http://127.0.0.1:${bound}`, close: () => end(server) };
}

/** S3 encodes keys in notifications as in a query; s3rver leaves them as they are. */
function encodeKeys(name: string, value: unknown): unknown {
  if (name !== 'key' || typeof value !== 'string') return value;
  return encodeURIComponent(value).replaceAll('%20', '+').replaceAll('%2F', '/');
}
