/** Answers as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';

/** How long nothing is sent: load balancers and proxies close connections that rest for a minute. */
const SILENCE_MS = 10_000;
/** A line that clients pass over. */
const COMMENT = ':\n\n';

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  // Without it, nginx holds events back until it has a buffer of them.
  'x-accel-buffering': 'no',
} as const;

/** One event. A text is its data as it is, anything else is JSON. `field` is what stands before the data. */
export function eventText(data: unknown, field: 'data: ' | 'data:'): string {
  return `${field}${typeof data === 'string' ? data : predictionJson(data)}\n\n`;
}

/**
 * The bytes of a body: the first piece is made at once, and each other one when the one before it is taken. `stop` is called where nobody
 * takes the rest; `pieces` has to end soon after it, and must not throw.
 */
export function pieceStream(pieces: AsyncGenerator<string>, stop: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // A generator that nobody has asked for anything would not notice that it is left.
  let next: Promise<IteratorResult<string>> | undefined = pieces.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= pieces.next();
        const piece = await unlessSilent(next);
        if (!piece) {
          controller.enqueue(encoder.encode(COMMENT));
          return;
        }
        next = undefined;
        if (piece.done) controller.close();
        else controller.enqueue(encoder.encode(piece.value));
      },
      async cancel() {
        stop();
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function unlessSilent<T>(next: Promise<T>): Promise<T | undefined> {
  const { promise: silence, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), SILENCE_MS);
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}
