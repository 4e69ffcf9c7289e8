/** The answer of a model that generates, told piece by piece while it comes. Loaded with the first request for one. */
import { EngineError, type PreparedCall } from '@pilotlight/engine';
import type { GenerationEvent } from '@pilotlight/engine/internal/predict/generation';
import { EVENT_STREAM_HEADERS, eventText, pieceStream } from '../http/answer/event-stream.ts';
import type { Call } from './call.ts';
import { failureReply } from './middleware.ts';
import type { AppDependencies } from './ports.ts';
import { modelHeaders } from './prediction-headers.ts';
import { reportPrediction } from './report-prediction.ts';
import { whileConnected } from './while-connected.ts';
import type { AnswerStream, PredictionWork } from './wire-format.ts';

export interface Streaming {
  readonly work: PredictionWork;
  readonly format: AnswerStream;
  readonly prepared: PreparedCall;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Waits for the first event, so that what fails before it is answered with its status. What fails later becomes the last event, in the
 * words of the wire format. Once the client is gone, or the process is about to end, the text ends where it is.
 *
 * @throws EngineError TASK_UNSUPPORTED where the model tells nothing before its end, and what `PreparedCall.stream` throws first
 */
export async function streamAnswer(
  call: Call,
  parts: AppDependencies,
  streaming: Streaming,
): Promise<Response> {
  const { c } = call;
  const { prepared, headers, work } = streaming;
  if (!prepared.stream) throw tellsNothing(work);
  const gone = new AbortController();
  const signals = [c.req.raw.signal, gone.signal, ...(parts.ending ? [parts.ending] : [])];
  const events = prepared.stream({ signal: AbortSignal.any(signals) })[Symbol.asyncIterator]();
  const first = await whileConnected(c, async (signal) => {
    const event = await events.next();
    signal.throwIfAborted();
    return event;
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  call.streamed = ended;
  const all = { first, events, stop: () => gone.abort(), end };
  const body = pieceStream(tellPieces(call, parts, streaming, all), all.stop);
  return new Response(body, {
    headers: { ...modelHeaders(work.model), ...headers, ...EVENT_STREAM_HEADERS },
  });
}

interface Events {
  readonly first: IteratorResult<GenerationEvent>;
  readonly events: AsyncIterator<GenerationEvent>;
  readonly stop: () => void;
  readonly end: () => void;
}

/** The events of the answer. However it is left, the text has ended and telemetry was told of it. */
async function* tellPieces(
  call: Call,
  parts: AppDependencies,
  { format, work }: Streaming,
  { first, events, stop, end }: Events,
): AsyncGenerator<string, undefined> {
  const { field } = format;
  let isOver = false;
  const see = (event: GenerationEvent): void => {
    if (event.kind !== 'end') return;
    isOver = true;
    call.tokens = event.prediction.tokens.total;
    reportPrediction(call, parts, work, { ...event.prediction, results: [event.generation] });
  };
  try {
    for (let next = first; !next.done; next = await events.next()) {
      see(next.value);
      for (const data of format.tell(next.value)) yield eventText(data, field);
    }
  } catch (error) {
    isOver = true;
    const { status, body } = failureReply(call, error, parts.logger);
    call.failedAs = status;
    yield eventText(body, field);
  } finally {
    if (!isOver) {
      stop();
      await readToEnd(events, see);
    }
    end();
  }
}

/** What was generated until a client left counts, too. An error has nobody to be told to any more, as of any call whose client is gone. */
async function readToEnd(
  events: AsyncIterator<GenerationEvent>,
  see: (event: GenerationEvent) => void,
): Promise<void> {
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) see(next.value);
  } catch {
    await events.return?.();
  }
}

function tellsNothing({ model }: PredictionWork): EngineError {
  const { name } = model.manifest;
  return new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${name} tells nothing before its answer is whole. Send the request without stream.`,
    { details: { model: name, field: 'stream' } },
  );
}
