/** POST /models/{model}: the only route that works the engine, and so the only one with a limit in flight. */
import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { readJson } from './body.ts';
import { HttpError } from './errors.ts';
import { parsePredictRequest, shapeResults, taskParameters } from './hugging-face.ts';
import type { Limits } from './limits.ts';
import type { ServingEngine, Telemetry } from './ports.ts';
import { predictionHeaders } from './response-headers.ts';
import type { RouteHandler } from './serving.ts';

export interface PredictOptions {
  readonly engine: ServingEngine;
  readonly limits: Limits;
  readonly telemetry: readonly Telemetry[];
}

export function predictHandler({ engine, limits, telemetry }: PredictOptions): RouteHandler {
  let inFlight = 0;

  async function predict(c: Context, start: number, nameModel: (name: string) => void): Promise<Response> {
    const request = parsePredictRequest(await readJson(c.req.raw, limits), limits.maxInputs);
    const { manifest } = await engine.predictor(requestedModel(c));
    nameModel(manifest.name);
    const { name, version, task } = manifest;
    const many = Array.isArray(request.inputs);
    const parameters = taskParameters(request, task);
    const prediction = await (many
      ? whileConnected(c, (signal) =>
          engine.predict({ name, version }, request.inputs, parameters, { signal }),
        )
      : engine.predict({ name, version }, request.inputs, parameters));
    const body = JSON.stringify(shapeResults(task, prediction.results, many));
    const record = {
      ...prediction.model,
      model: name,
      inputs: prediction.results.length,
      timings: prediction.timings,
      tokens: prediction.tokens,
      totalMs: performance.now() - start,
    };
    for (const listener of telemetry) listener.predicted(record);
    return c.body(body, 200, { 'content-type': 'application/json', ...predictionHeaders(record) });
  }

  return async (c, start, nameModel) => {
    if (inFlight >= limits.maxConcurrentRequests) {
      throw new EngineError('OVERLOADED', `${inFlight} predictions are under way. Try again later.`);
    }
    inFlight += 1;
    try {
      return await predict(c, start, nameModel);
    } finally {
      inFlight -= 1;
    }
  };
}

/** Many inputs are given up between two batches once nobody waits for them; one is done before that is known. */
async function whileConnected<T>(c: Context, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal } = c.req.raw;
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HttpError('INVALID_REQUEST', 'The client closed the connection.', { cause: error });
  }
}

/** `sentiment`, `sentiment@1.0.0`, or the name and version of the longer path. */
export function requestedModel(c: Context): string {
  const model = c.req.param('model') ?? '';
  const version = c.req.param('version');
  return version === undefined ? model : `${model}@${version}`;
}
