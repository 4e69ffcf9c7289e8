/** The wire format of Hugging Face's inference endpoints: what it means to the engine. On the way of a cold start. */
import { isFile, requireJson } from '../../http/request/media-type.ts';
import { checkInputs, checkLabels, parseBody, refuseField } from '../../http/request/parse.ts';
import { requestedModel } from '../../http/request/requested-model.ts';
import type { Call } from '../../serve/call.ts';
import type { AppDependencies, ServingEngine } from '../../serve/ports.ts';
import type { Ask, Codec, PredictionWork } from '../../serve/wire-format.ts';
import { predictWork } from '../predict-work.ts';
import { taskParameters } from './parameters.ts';
import { type PredictRequest, predictRequest } from './request.ts';
import { encodeVectors, shapeResults } from './results.ts';
import type { routes } from './routes.ts';
import { findTask, namedTask } from './task.ts';

/** `POST /models/{model}`, with or without a version, and `POST /pipeline/{task}/{model}`. */
const predict: Codec = {
  decode: (call, parts) =>
    decodePrediction(call, parts, { ref: requestedModel(call.c), task: call.c.req.param('task') }),
};

export const codecs: Record<keyof typeof routes, Codec> = {
  predict,
  predictVersion: predict,
  pipeline: predict,
};

/** The parts of a call that its body does not hold. */
export interface Named {
  readonly ref: string;
  /** @default - the task that the body is of */
  readonly task?: string | undefined;
  /** See `Ask`. */
  readonly path?: string;
}

/** Asks the model of that name for what the body says. */
export async function decodePrediction(
  { c, body }: Call,
  { limits }: AppDependencies,
  { ref, task, path }: Named,
): Promise<Ask> {
  const { headers } = c.req.raw;
  // A file by itself is the input of a model that reads one, as the clients of Hugging Face send it.
  const request: PredictRequest = isFile(headers)
    ? { inputs: await body.bytes() }
    : parseBody(predictRequest, await body.json());
  checkInputs(request.inputs, limits);
  checkLabels(request.parameters ?? {}, limits);
  return {
    ref,
    ...(path !== undefined && { path }),
    work: (engine) => findWork(engine, ref, request, task, headers),
  };
}

async function findWork(
  engine: ServingEngine,
  ref: string,
  request: PredictRequest,
  wanted: string | undefined,
  headers: Headers,
): Promise<PredictionWork> {
  const { inputs, encoding_format } = request;
  const model = await engine.model(ref);
  const { manifest } = model;
  if (inputs instanceof Uint8Array && manifest.runtime === 'onnx') requireJson(headers);
  const task = wanted === undefined ? findTask(request, manifest) : namedTask(wanted, manifest);
  const name = task ?? manifest.task;
  if (encoding_format === 'base64' && name !== 'feature-extraction') {
    throw refuseField('encoding_format', `must be float for ${name}`);
  }
  return predictWork(engine, {
    model,
    task,
    inputs,
    parameters: taskParameters(request, task),
    encode: ({ results }) => {
      const shaped = shapeResults(task, results, Array.isArray(inputs));
      return encoding_format === 'base64' ? encodeVectors(shaped) : shaped;
    },
  });
}
