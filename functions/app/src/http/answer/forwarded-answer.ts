/** An answer of the server, on its way through a function. */
import type { Context } from 'hono';
import { HttpError } from '../errors.ts';
import { isWholeOnLambda, LAMBDA_BODY_BYTES, refuseMoreThanLambdaTakes } from './answer-size.ts';

/**
 * The answer as it came; on Lambda read whole before, as Lambda does in any case, so that the client learns where it is too large
 * or breaks off.
 *
 * @throws EngineError ANSWER_TOO_LARGE, HttpError SERVER_UNAVAILABLE
 */
export async function passOn(c: Context, model: string, response: Response): Promise<Response> {
  const { body, status, headers } = response;
  if (!body || !isWholeOnLambda(c)) return response;
  const bytes = await readWhole(body, model);
  const isText = !headers.has('content-encoding') && /json|text\//.test(headers.get('content-type') ?? '');
  refuseMoreThanLambdaTakes(c, isText ? bytes.toString('utf8') : bytes);
  return new Response(new Uint8Array(bytes), { status, headers });
}

/** Leaves the rest unread where it is too much as it is. */
async function readWhole(body: ReadableStream<Uint8Array>, model: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > LAMBDA_BODY_BYTES) break;
    }
  } catch (cause) {
    throw new HttpError('SERVER_UNAVAILABLE', 'The answer of the server broke off.', {
      cause,
      details: { model },
    });
  }
  return Buffer.concat(chunks);
}
