/** The answer of a function that sends it as it makes it, as a function URL reads it: a head of JSON, eight zeros, and the body. */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import * as z from 'zod';

const DIVIDER = Buffer.alloc(8);

const headSchema = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.string()).nullish(),
  cookies: z.array(z.string()).nullish(),
});

/**
 * Sends it on piece by piece. A client that is gone stops nothing, because Lambda does not tell a function of it.
 *
 * @throws SyntaxError, ZodError for an answer without a head, of which nothing was sent then
 */
export async function sendStream(body: Readable, response: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of body as AsyncIterable<Buffer>) {
    if (head === undefined) {
      write(response, piece);
      continue;
    }
    head = Buffer.concat([head, piece]);
    const end = head.indexOf(DIVIDER);
    if (end < 0) continue;
    writeHead(response, head.subarray(0, end));
    write(response, head.subarray(end + DIVIDER.length));
    head = undefined;
  }
  if (head !== undefined) writeHead(response, head);
  response.end();
}

function write(response: ServerResponse, piece: Buffer): void {
  if (piece.length > 0 && !response.destroyed) response.write(piece);
}

function writeHead(response: ServerResponse, text: Buffer): void {
  const { statusCode, headers, cookies } = headSchema.parse(JSON.parse(text.toString()));
  response.writeHead(statusCode, {
    'content-type': 'application/octet-stream',
    ...headers,
    ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
  });
  response.flushHeaders();
}
