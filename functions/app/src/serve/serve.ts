/** The way of every request that a model answers: read -> decode -> resolve -> admit -> predict -> encode -> report. */
import type { Prediction } from '@pilotlight/engine';
import type { Handler } from 'hono';
import { countValues, refuseMoreValues } from '../http/answer/answer-size.ts';
import { respond } from '../http/answer/respond.ts';
import { readPreference } from '../http/request/preference.ts';
import { admit } from './admit.ts';
import { type Call, getCall } from './call.ts';
import { answerElsewhere } from './elsewhere.ts';
import { ownHeaders } from './middleware.ts';
import type { AppDependencies, RequestContext, ServingEngine } from './ports.ts';
import { predictionHeaders } from './prediction-headers.ts';
import { reportPrediction } from './report-prediction.ts';
import { resolve } from './resolve.ts';
import { whileConnected } from './while-connected.ts';
import type { Ask, Codec, ModelCodec, PredictionWork } from './wire-format.ts';

/** More values than this are some milliseconds of work as JSON. */
const MANY_VALUES = 50_000;

/** The handler of one route of a wire format. */
export function serve(codec: Codec, parts: AppDependencies): Handler {
  return async (c) => {
    const call = getCall(c);
    if ('decode' in codec) return answer(codec, call, parts);
    const told = await codec.tell(call, parts);
    return told instanceof Response ? told : respond(c, told, head(call, parts), { unsent: parts.unsent });
  };
}

/** A prediction has a slot from here, where its request is read, until its answer is sent. */
async function answer(codec: ModelCodec, call: Call, parts: AppDependencies): Promise<Response> {
  const { slots } = parts;
  if (!call.predicts) return answerVersion(await codec.decode(call, parts), call, parts);
  slots.requireFree();
  const ask = await codec.decode(call, parts);
  return slots.during(call, () => answerVersion(ask, call, parts));
}

/** The versions that names mean now are those of the call until it is answered. */
async function answerVersion(ask: Ask, call: Call, parts: AppDependencies): Promise<Response> {
  if (!parts.rollout) return answerAsk(ask, call, parts);
  const { c, id, caller, body } = call;
  const { background = false }: RequestContext = c.env ?? {};
  const rolled = parts.rollout.begin({
    c,
    id,
    caller,
    background,
    body: () => body.value,
    repeat: (engine) => repeat(ask, engine, parts),
  });
  const predicted = (results: readonly unknown[]) => rolled.predicted(results);
  try {
    return await answerAsk(ask, call, { ...parts, engine: rolled.engine, predicted });
  } finally {
    call.onceMade(() => rolled.end());
  }
}

/** Has other models do what was asked. Nobody waits for it, and nobody is told of it. */
async function repeat(
  ask: Ask,
  engine: ServingEngine,
  { limits }: AppDependencies,
): Promise<readonly unknown[]> {
  const work = await ask.work(engine);
  if (!('encode' in work)) return [];
  const prepared = await work.prepare(limits, new AbortController().signal);
  return (await prepared.run({ background: true })).results;
}

async function answerAsk(ask: Ask, call: Call, parts: AppDependencies): Promise<Response> {
  const { c } = call;
  const { handOver, unsent } = parts;
  const resolution = await resolve(ask, parts);
  if (resolution.kind === 'missing') throw resolution.error;
  if (resolution.kind === 'sibling') {
    const response = await resolution.answer(c);
    // It counts and reports what it answers, under an id of its own.
    call.servedBy = 'sibling';
    call.headed = true;
    return response;
  }
  call.model = resolution.model;
  const work = resolution.kind === 'local' ? resolution.work : undefined;
  const prediction = work && 'encode' in work ? work : undefined;
  call.version = prediction?.model.manifest.version ?? '';
  // Made once, by whoever asks for it first: the estimate, or the prediction itself.
  const prepare = once(() => whileConnected(c, async (signal) => prediction?.prepare(parts.limits, signal)));
  const estimate = async () => (await prepare()) ?? { tokens: 0, estimatedMs: 0 };

  const preference = handOver && c.req.method === 'POST' ? readPreference(c.req.raw.headers) : undefined;
  const estimateMs = async () => (await estimate()).estimatedMs;
  const admission = await admit({ resolution, preference, handOver, estimateMs });
  if (admission !== 'here') {
    const elsewhere = { ask, resolution, admission, preference, estimate };
    const response = await answerElsewhere(call, parts, elsewhere);
    if (response) return response;
  }

  const prepared = await prepare();
  if (prediction && prepared) {
    const { background = false }: RequestContext = c.env ?? {};
    const { stream: format } = prediction;
    if (format && !background) {
      const { streamAnswer } = await import('./stream-answer.ts');
      return streamAnswer(call, parts, { work: prediction, format, prepared, headers: head(call, parts) });
    }
    const predicted = await whileConnected(c, (signal) => prepared.run({ background, signal }));
    return report(call, parts, prediction, predicted);
  }
  const told = work && 'tell' in work ? await work.tell() : undefined;
  return respond(c, told, head(call, parts), { unsent });
}

/** Answers with the encoded prediction, and tells telemetry of it. */
async function report(
  call: Call,
  parts: AppDependencies,
  work: PredictionWork,
  prediction: Prediction,
): Promise<Response> {
  const { results, tokens } = prediction;
  call.tokens = tokens.total;
  const values = countValues(results);
  refuseMoreValues(values);
  const body = work.encode(prediction);
  const record = reportPrediction(call, parts, work, prediction);
  const headers = { ...predictionHeaders(record), ...work.headers?.(record), ...head(call, parts) };
  parts.predicted?.(results);
  const large = values > MANY_VALUES;
  return respond(call.c, body, headers, { predicted: true, large, unsent: parts.unsent });
}

/** An answer that is made with these headers needs none later; one that cannot be made becomes an error, which does. */
function head(call: Call, parts: AppDependencies): Record<string, string> {
  call.headed = true;
  return ownHeaders(call, parts);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
