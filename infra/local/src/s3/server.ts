/** S3 on this machine: one bucket, the operations that stand in `operations/`, and nothing else. See ADR-own-s3.md. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import { refuseForeignCaller } from '../foreign-caller.ts';
import { end, listen } from '../listen.ts';
import { S3Error } from './errors.ts';
import { BUCKET_OPERATIONS } from './operations/bucket.ts';
import { notification } from './operations/notification.ts';
import { OBJECT_OPERATIONS } from './operations/objects.ts';
import { type Answer, findOperation, type Place } from './operations/operation.ts';
import { UPLOAD_OPERATIONS } from './operations/uploads.ts';
import { Bucket } from './store/bucket.ts';
import { MultipartUploads } from './store/multipart.ts';
import { parseTarget } from './wire/target.ts';
import { writeXmlError } from './wire/xml.ts';

const OPERATIONS = [...UPLOAD_OPERATIONS, ...OBJECT_OPERATIONS, ...BUCKET_OPERATIONS];
/** A connection on which nothing moves for so long is closed. */
const SILENCE_MS = 300_000;
const HEADERS_MS = 20_000;
/** Every part of an upload, and every file, has that time. */
const REQUEST_MS = 3_600_000;
/** The time that a refused client has to send the rest of its body. */
const LINGER_MS = 5000;
/** No room on the disk, in the quota, or in what a file may hold. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export interface S3Options {
  readonly bucket: string;
  /** The folder for the contents of the objects. What it holds means nothing without this server, and is the caller's to remove. */
  readonly folder: string;
  /** 0 takes a free port. `elseFree` takes a free one where the wanted one is in use. @default { wanted: 0 } */
  readonly port?: { readonly wanted: number; readonly elseFree?: boolean };
  /** Names by which clients may call this machine beside `localhost`, such as `host.docker.internal`. @default - none */
  readonly allowedHosts?: readonly string[];
  /** Gets the notification of each object that was written or deleted, as JSON. @default - nobody is told */
  readonly notify?: (notification: string) => void;
  /** Gets what this machine could not do for a request, such as to write to a full disk. @default - nobody is told */
  readonly failed?: (error: unknown) => void;
}

export interface S3Server {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** @throws EmulatorError PORT_UNAVAILABLE */
export async function startS3(options: S3Options): Promise<S3Server> {
  const { bucket: name, folder, port = { wanted: 0 }, notify, failed = () => {} } = options;
  mkdirSync(folder, { recursive: true });
  const bucket = new Bucket(name, folder);
  let sequence = 0;
  const place: Place = {
    bucket,
    uploads: new MultipartUploads(bucket),
    tell: (eventName, key, object) => {
      sequence += 1;
      notify?.(notification(eventName, { bucket: name, key, sequence }, object));
    },
  };
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      respond(place, options.allowedHosts ?? [], request, response).catch((error: unknown) => {
        refuse(request, response, error, failed);
      });
    },
  );
  server.timeout = SILENCE_MS;
  const bound = await listen(server, { port: port.wanted }).catch((error: unknown) => {
    if (port.elseFree !== true) throw error;
    return listen(server);
  });
  return { endpoint: `http://127.0.0.1:${bound}`, close: () => end(server) };
}

async function respond(
  place: Place,
  allowedHosts: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const foreign = refuseForeignCaller(request.headers, { allowedHosts });
  if (foreign !== undefined) throw new S3Error('AccessDenied', foreign);
  const target = parseTarget(request.url ?? '');
  const { kind, bucket, key, query } = target;
  if (kind !== 'service' && bucket !== place.bucket.name) {
    throw new S3Error('NoSuchBucket', `There is one bucket, ${place.bucket.name}.`);
  }
  const operation = findOperation(OPERATIONS, request.method ?? '', target);
  await send(response, await operation.run({ ...place, request, key, query }));
}

async function send(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  if (body !== undefined && typeof body !== 'string') {
    response.writeHead(status, { 'x-amz-request-id': randomUUID(), ...headers });
    await pipeline(body, response);
    return;
  }
  response.writeHead(status, {
    'x-amz-request-id': randomUUID(),
    ...(body !== undefined && {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
    }),
    ...headers,
  });
  response.end(body);
}

/** Answers an error, or ends the connection where it is too late for that. Nobody is left to answer where the client is gone. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  failed: (error: unknown) => void,
): void {
  const isGone = response.destroyed || (request.destroyed && !request.complete);
  if (!(error instanceof S3Error) && !isGone) failed(error);
  if (isGone || response.headersSent) return void response.destroy();
  const { code, message, status } = error instanceof S3Error ? error : faultOfOurs(error);
  const body = writeXmlError([
    ['Code', code],
    ['Message', message],
    ['RequestId', randomUUID()],
  ]);
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  // A client reads the answer once it has sent its body, which is thrown away; not for as long as it likes, though.
  request.resume();
  setTimeout(() => !request.complete && request.destroy(), LINGER_MS).unref();
}

function faultOfOurs(error: unknown): S3Error {
  const code = findCode(error) ?? '';
  if (FULL.includes(code)) {
    return new S3Error('StorageFull', `There is no room for it on this machine (${code}).`, { cause: error });
  }
  return new S3Error('InternalError', `This machine could not do it${code && ` (${code})`}.`, {
    cause: error,
  });
}
