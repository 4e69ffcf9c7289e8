/** The form of an operation, and how a request finds its own: what no operation names is refused. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { S3Error } from '../errors.ts';
import type { Bucket } from '../store/bucket.ts';
import type { StoredObject } from '../store/content.ts';
import type { MultipartUploads } from '../store/multipart.ts';
import type { Target } from '../wire/target.ts';
import type { EventName } from './notification.ts';

/** The one bucket of a server, and whoever wants to know what becomes of its objects. */
export interface Place {
  readonly bucket: Bucket;
  readonly uploads: MultipartUploads;
  tell(eventName: EventName, key: string, object?: StoredObject): void;
}

export interface Call extends Place {
  readonly request: IncomingMessage;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Text is XML unless the headers say otherwise. @default - no body */
  readonly body?: string | Readable;
}

export interface Operation {
  readonly on: Target['kind'];
  readonly method: string;
  /** Parameters of the query that make it this operation. @default - none */
  readonly needs?: readonly string[];
  /** Further parameters that it takes. @default - none */
  readonly takes?: readonly string[];
  run(call: Call): Answer | Promise<Answer>;
}

/** Every operation takes them: signatures, which are not checked, and the name of the operation. */
const COMMON = /^(?:x-id|x-amz-[\w-]+|AWSAccessKeyId|Signature|Expires)$/i;

const NAMES = { service: 'the service', bucket: 'a bucket', object: 'an object' } as const;

/** @throws S3Error MethodNotAllowed, NotImplemented */
export function findOperation(
  operations: readonly Operation[],
  method: string,
  { kind, query }: Target,
): Operation {
  const near = operations.filter((operation) => operation.on === kind && operation.method === method);
  if (near.length === 0) throw new S3Error('MethodNotAllowed', `This S3 has no ${method} of ${NAMES[kind]}.`);
  const names = [...query.keys()].filter((name) => !COMMON.test(name));
  const found = near.find(
    ({ needs = [], takes = [] }) =>
      needs.every((name) => query.has(name)) &&
      names.every((name) => needs.includes(name) || takes.includes(name)),
  );
  if (found) return found;
  const what = names.length > 0 ? ` with the parameters ${names.join(', ')}` : '';
  throw new S3Error('NotImplemented', `This S3 has no ${method} of ${NAMES[kind]}${what}.`);
}
