/** What every wire format does with the engine: find the model, let it predict, tell who listens, and answer. */
import { checksumOf, type Prediction, type PredictOptions, type TaskName } from '@pilotlight/engine';
import type { Context } from 'hono';
import { refuseMoreValues, valuesOf } from '../answer/answer-size.ts';
import { HttpError } from '../answer/errors.ts';
import type { Limits } from '../request/limits.ts';
import type { Circumstances, ServedModel, ServingEngine, Telemetry } from './ports.ts';
import { respondJson } from '../answer/respond.ts';
import { predictionHeaders } from '../answer/response-headers.ts';
import type { Call } from './serving.ts';

/** As JSON, some milliseconds of work. */
const MANY_VALUES = 50_000;

export interface FormatParts {
  readonly engine: ServingEngine;
  readonly limits: Limits;
  readonly telemetry: readonly Telemetry[];
  /** Of calls that name none. @default - the only one that there is */
  readonly defaultModel?: string;
  /** As in the app's options. @default false */
  readonly watchClients?: boolean;
}

/** One call's prediction in the words of the engine. */
export interface PredictCall {
  readonly model: ServedModel;
  /** @default - that of the model's manifest */
  readonly task?: TaskName;
  readonly inputs: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Predicts within the limits of tokens. @throws EngineError, HttpError INVALID_REQUEST once nobody waits any more */
export async function predict(
  c: Context,
  { maxInferMs }: Call,
  { engine, limits, watchClients = false }: FormatParts,
  { model, task, inputs, parameters }: PredictCall,
): Promise<Prediction> {
  const { name, version } = model.manifest;
  const { maxInputTokens, maxCallTokens } = limits;
  const { background = false }: Circumstances = c.env ?? {};
  const options = {
    limits: { maxInputTokens, maxCallTokens, maxInferMs },
    ...(task && { task }),
    ...(background && { background }),
  };
  const work = (more: PredictOptions) =>
    engine.predict({ name, version }, inputs, parameters, { ...options, ...more });
  return watchClients || Array.isArray(inputs) ? whileConnected(c, (signal) => work({ signal })) : work({});
}

/** Answers with what `shape` makes of a prediction, and tells telemetry of it. */
export async function answer(
  c: Context,
  { start }: Call,
  { telemetry }: FormatParts,
  model: ServedModel,
  prediction: Prediction,
  shape: (prediction: Prediction) => unknown,
): Promise<Response> {
  const { results, timings, tokens, batches } = prediction;
  const values = valuesOf(results);
  refuseMoreValues(values);
  const body = shape(prediction);
  const checksum = checksumOf(model.manifest);
  const record = {
    ...prediction.model,
    model: prediction.model.name,
    ...(checksum !== undefined && { checksum }),
    inputs: results.length,
    timings,
    tokens,
    totalMs: performance.now() - start,
    ...(batches && { batches }),
  };
  for (const listener of telemetry) listener.predicted?.(record);
  return respondJson(c, body, predictionHeaders(record), { large: values > MANY_VALUES });
}

/** Many inputs are given up between two batches once nobody waits for them; one, unless it queues, is done before that is known. */
export async function whileConnected<T>(c: Context, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal } = c.req.raw;
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HttpError('INVALID_REQUEST', 'The client closed the connection.', { cause: error });
  }
}
