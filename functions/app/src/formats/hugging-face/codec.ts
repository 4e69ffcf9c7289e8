/** The wire format of Hugging Face's inference endpoints: what it means to the engine. On the way of a cold start. */

import { isPipeline } from '@pilotlight/engine';
import type { Context } from 'hono';
import type { RequestBody } from '../../request/body.ts';
import { isFile, requireJson } from '../../request/media-type.ts';
import { answer, type FormatParts, predict } from '../../serve/predictions.ts';
import { requestedModel } from '../../request/requested-model.ts';
import type { Call, RouteHandler } from '../../serve/serving.ts';
import { checkInputs, checkLabels, parseBody, refuseField } from '../../request/parse.ts';
import { taskParameters } from './parameters.ts';
import { type PredictRequest, predictRequest } from './request.ts';
import { encodeVectors, shapeResults } from './results.ts';
import { namedTask, taskOfBody } from './task.ts';

/** `POST /models/{model}`, with or without a version, and `POST /pipeline/{task}/{model}`. */
export function huggingFaceHandler(parts: FormatParts): RouteHandler {
  return async (c, call) => predictFor(c, call, parts, requestedModel(c), c.req.param('task'));
}

/** Answers the body of `c` with the model of that name, by the task of that name or the one that the body is of. */
export async function predictFor(
  c: Context,
  call: Call,
  parts: FormatParts,
  ref: string,
  wanted?: string,
): Promise<Response> {
  const request = await readRequest(c.req.raw, call.body);
  const { inputs, encoding_format } = request;
  checkInputs(inputs, parts.limits);
  checkLabels(request.parameters ?? {}, parts.limits);
  const model = await parts.engine.model(ref);
  const { manifest } = model;
  call.nameModel(manifest.name);
  if (inputs instanceof Uint8Array && !isPipeline(manifest)) requireJson(c.req.raw.headers);
  const task = wanted === undefined ? taskOfBody(request, manifest) : namedTask(wanted, manifest);
  const name = task ?? manifest.task;
  if (encoding_format === 'base64' && name !== 'feature-extraction') {
    throw refuseField('encoding_format', `must be float for ${name}`);
  }
  const parameters = taskParameters(request, task);
  const prediction = await predict(c, call, parts, { model, ...(task && { task }), inputs, parameters });
  return answer(c, call, parts, model, prediction, ({ results }) => {
    const shaped = shapeResults(name, results, Array.isArray(inputs));
    return encoding_format === 'base64' ? encodeVectors(shaped) : shaped;
  });
}

/** A file by itself is the input of a model that reads one, as the clients of Hugging Face send it. */
async function readRequest({ headers }: Request, body: RequestBody): Promise<PredictRequest> {
  if (isFile(headers)) return { inputs: await body.bytes() };
  return parseBody(predictRequest, await body.json());
}
