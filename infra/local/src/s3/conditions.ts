/**
 * Conditional requests, which s3rver lacks. `If-Match` holds a reader to the object that it began with, and both
 * conditions let one of two writers at once know that it lost.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** The ETag of an object with its quotes, or nothing where there is none. */
export type EtagOf = (bucket: string, key: string) => Promise<string | undefined>;

/** Requests under way for one key. */
interface Turns {
  /** Settles when the last write that came is over. */
  written: Promise<unknown>;
  readonly reads: Set<Promise<void>>;
}

/**
 * Answers requests whose condition does not hold, before `next` sees them. Writes to the same key come one after the
 * other, and none while it is read: s3rver writes over what is read, and there is nothing in between. Bucket names stand
 * in the path.
 */
export function onConditions(etagOf: EtagOf, next: RequestListener): RequestListener {
  const keys = new Map<string, Turns>();
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const status = isConditional(request) ? refusal(request, await etagAt(path, etagOf)) : undefined;
    if (status === undefined) next(request, response);
    else refuse(request, response, status);
  };
  const inTurn = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const turns = keys.get(path) ?? { written: Promise.resolve(), reads: new Set() };
    keys.set(path, turns);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    if (request.method === 'PUT') {
      const before = [turns.written, ...turns.reads];
      turns.written = Promise.all([...before, closed]);
      await Promise.all(before);
    } else {
      turns.reads.add(closed);
      await turns.written;
    }
    await answer(request, response, path).catch(() => refuse(request, response, 400));
    await closed;
    turns.reads.delete(closed);
    const { written } = turns;
    await written;
    if (written === turns.written && turns.reads.size === 0) keys.delete(path);
  };
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (['GET', 'HEAD', 'PUT'].includes(request.method ?? '')) void inTurn(request, response, path);
    else next(request, response);
  };
}

/** @throws what a path is met with that is not encoded as it should, or that no file system takes */
function etagAt(path: string, etagOf: EtagOf): Promise<string | undefined> {
  const [, bucket = '', ...key] = decodeURIComponent(path).split('/');
  return etagOf(bucket, key.join('/'));
}

function isConditional({ headers, method }: IncomingMessage): boolean {
  return method === 'PUT' || headers['if-match'] !== undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function refusal({ headers, method }: IncomingMessage, etag: string | undefined): 404 | 412 | undefined {
  const match = headers['if-match'];
  if (match !== undefined && etag === undefined) return 404;
  if (match !== undefined && match !== etag) return 412;
  const isTaken = method === 'PUT' && headers['if-none-match'] === '*' && etag !== undefined;
  return isTaken ? 412 : undefined;
}

const CODES = { 400: 'InvalidURI', 404: 'NoSuchKey', 412: 'PreconditionFailed' } as const;

function refuse(request: IncomingMessage, response: ServerResponse, status: keyof typeof CODES): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${CODES[status]}</Code></Error>`);
}
