/**
 * What s3rver lacks of S3: requests on condition. `If-Match` holds a reader to the object that it began with, and both
 * conditions let one of two writers at once know that it lost.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** The ETag of an object with its quotes, or nothing where there is none. */
export type EtagOf = (bucket: string, key: string) => Promise<string | undefined>;

/**
 * Answers requests whose condition does not hold, before `next` sees them; writes to the same key come one after the
 * other. Bucket names stand in the path.
 */
export function onConditions(etagOf: EtagOf, next: RequestListener): RequestListener {
  const last = new Map<string, Promise<void>>();
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const [, bucket = '', ...key] = decodeURIComponent(path).split('/');
    const status = refusal(request, await etagOf(bucket, key.join('/')));
    if (status === undefined) next(request, response);
    else refuse(request, response, status);
  };
  const inTurn = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const previous = last.get(path);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    last.set(path, closed);
    await previous;
    await answer(request, response, path);
    await closed;
    if (last.get(path) === closed) last.delete(path);
  };
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (request.method === 'PUT') void inTurn(request, response, path);
    else if (request.headers['if-match'] !== undefined) void answer(request, response, path);
    else next(request, response);
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function refusal({ headers, method }: IncomingMessage, etag: string | undefined): 404 | 412 | undefined {
  const match = headers['if-match'];
  if (match !== undefined && etag === undefined) return 404;
  if (match !== undefined && match !== etag) return 412;
  const isTaken = method === 'PUT' && headers['if-none-match'] === '*' && etag !== undefined;
  return isTaken ? 412 : undefined;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: 404 | 412): void {
  request.resume();
  const code = status === 404 ? 'NoSuchKey' : 'PreconditionFailed';
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
}
