/** S3 on this machine: s3rver with one bucket, and the events of what is put there. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import S3rver from 's3rver';
import { z } from 'zod';
import { LocalError } from '../command.ts';
import { onConditions } from './conditions.ts';

const etagSchema = z.object({ etag: z.string() });

export interface S3Options {
  readonly bucket: string;
  /** Where objects lie. */
  readonly folder: string;
  /** @default - a free one */
  readonly port?: number;
  /** Gets the notification of each object that was written or deleted, as JSON. @default - nobody is told */
  readonly notify?: (notification: string) => void;
}

export interface S3Server {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** The credentials that s3rver knows. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** @throws LocalError PORT_UNAVAILABLE */
export async function startS3({ bucket, folder, port = 0, notify }: S3Options): Promise<S3Server> {
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
  const etagOf = async (name: string, key: string) => {
    const exists = await app.store.existsObject(name, key);
    return exists ? etagSchema.parse(await app.store.getMetadata(name, key)).etag : undefined;
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, onConditions(etagOf, app.callback()));
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { endpoint: `http://127.0.0.1:${bound}`, close: () => close(server) };
}

/** S3 encodes keys in notifications as in a query; s3rver leaves them as they are. */
function encodeKeys(name: string, value: unknown): unknown {
  if (name !== 'key' || typeof value !== 'string') return value;
  return encodeURIComponent(value).replaceAll('%20', '+').replaceAll('%2F', '/');
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new LocalError(
      'PORT_UNAVAILABLE',
      `Port ${port}, for S3, is in use. Choose another with --s3-port.`,
      { cause },
    );
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
