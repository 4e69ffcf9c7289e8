/** The predict function behind a function URL: it sends its answers as it makes them. See ADR-response-stream.md. */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Request as Invocation } from '@middy/core';
import { PilotlightError } from '@pilotlight/engine';
import { createAdaptedHandler, type HandlerDependencies } from '../create-handler.ts';
import { answerInPieces, isOfFunctionUrl } from './function-url.ts';

type Context = Invocation['context'];

export class StreamingError extends PilotlightError<'STREAMING_UNAVAILABLE'> {
  override readonly name = 'StreamingError';
}

/**
 * Answers requests by a function URL piece by piece, and whatever else invokes the function, such as API Gateway and warm-ups, by one
 * value. Made in the runtime of Lambda.
 *
 * @throws StreamingError STREAMING_UNAVAILABLE where the runtime has no streams
 */
export function createStreamingHandler({ extension, ...dependencies }: HandlerDependencies) {
  if (typeof globalThis.awslambda?.streamifyResponse !== 'function') {
    throw new StreamingError(
      'STREAMING_UNAVAILABLE',
      'PILOTLIGHT_RESPONSE_STREAM is true, but this is no runtime of Lambda. Leave it out where something else serves.',
    );
  }
  const handler = createAdaptedHandler(dependencies, answerInPieces);
  const begin = (stream: Writable) => (head: ResponseHead) => awslambda.HttpResponseStream.from(stream, head);
  return awslambda.streamifyResponse(
    async (event: unknown, stream: awslambda.HttpResponseStream, context: Context) => {
      try {
        const result = await handler(event, context);
        if (result instanceof Response) await send(result, begin(stream));
        else if (isOfFunctionUrl(event)) sendRefusal(result, begin(stream));
        else stream.end(JSON.stringify(result ?? null));
      } finally {
        extension?.answered();
      }
    },
  );
}

/** Status and headers, which a function URL takes from the head of a stream. */
type ResponseHead = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
};

/** Gives the stream of the body behind that head. */
type Begin = (head: ResponseHead) => Writable;

/** A write that fails ends what the app tells, and the invocation. */
async function send({ status, headers, body }: Response, begin: Begin): Promise<void> {
  const { 'set-cookie': _, ...named } = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  const stream = begin({ statusCode: status, headers: named, ...(cookies.length > 0 && { cookies }) });
  if (body) await pipeline(Readable.fromWeb(body as ReadableStream), stream);
  else stream.end();
}

/** What the error boundary made of an event that the app never saw. */
function sendRefusal(result: unknown, begin: Begin): void {
  const {
    statusCode = 500,
    headers = {},
    body = '',
  }: Partial<ResponseHead> & { body?: string } = Object(result);
  begin({ statusCode, headers }).end(body);
}
