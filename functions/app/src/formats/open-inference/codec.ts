/** The Open Inference Protocol, version 2. Loaded with the first request in it. */
import { ENGINE_VERSION, type Prediction } from '@pilotlight/engine';
import type { Context } from 'hono';
import { isRemote } from '../../serve/ports.ts';
import { answer, type FormatParts, predict, whileConnected } from '../../serve/predictions.ts';
import { requestedModel } from '../../request/requested-model.ts';
import { respondJson } from '../../answer/respond.ts';
import type { Call, RouteHandler } from '../../serve/serving.ts';
import { taskParameters } from '../hugging-face/parameters.ts';
import { namedTask } from '../hugging-face/task.ts';
import { checkInputs, checkLabels, parseBody, refuseField } from '../../request/parse.ts';
import { isRaw, runRaw } from './raw.ts';
import { type InferRequest, inferRequest, type OutputTensor } from './request.ts';
import { inputsOf, outputOf } from './tensors.ts';

/** `GET /v2` */
export function serverHandler(): RouteHandler {
  return (c) => c.json({ name: 'pilotlight', version: ENGINE_VERSION, extensions: [] });
}

/** `GET /v2/models/{model}`, with or without a version: text goes in as BYTES, or the tensors of the graph. */
export function metadataHandler({ engine }: FormatParts): RouteHandler {
  return async (c, call) => {
    const { manifest, variant } = await engine.predictor(requestedModel(c));
    call.nameModel(manifest.name);
    const { name } = manifest;
    const entries = await engine.models();
    const graph = variant.graphs.model;
    const shape = (axes: readonly string[]) => axes.map(() => -1);
    return respondJson(c, {
      name,
      versions: entries.flatMap((entry) => (entry.name !== name || isRemote(entry) ? [] : entry.version)),
      platform: 'pilotlight_onnxruntime',
      inputs: [
        { name: 'text', datatype: 'BYTES', shape: [-1], parameters: { task: manifest.task } },
        ...graph.inputs.map((input) => ({ name: input.name, datatype: 'INT64', shape: shape(input.axes) })),
      ],
      outputs: [
        { name: 'results', datatype: 'BYTES', shape: [-1], parameters: { content_type: 'json' } },
        ...graph.outputs.map((output) => ({
          name: output.name,
          datatype: 'FP32',
          shape: shape(output.axes),
        })),
      ],
    });
  };
}

/** `GET /v2/models/{model}/ready`: loads the model where it is not. */
export function modelReadyHandler({ engine }: FormatParts): RouteHandler {
  return async (c, call) => {
    const { manifest } = await engine.model(requestedModel(c));
    call.nameModel(manifest.name);
    return c.json({ name: manifest.name, ready: true });
  };
}

/** `POST /v2/models/{model}/infer` */
export function inferHandler(parts: FormatParts): RouteHandler {
  return async (c, call) => {
    const request = parseBody(inferRequest, await call.body.json());
    const model = await parts.engine.predictor(requestedModel(c));
    call.nameModel(model.manifest.name);
    const { name, version } = model.manifest;
    const { id } = request;
    const envelope = (outputs: readonly OutputTensor[]) => ({
      model_name: name,
      model_version: version,
      ...(id !== undefined && { id }),
      outputs: chosen(outputs, request),
    });
    if (isRaw(request.inputs)) {
      const limits = { ...parts.limits, maxInferMs: call.maxInferMs };
      const { results, ...report } = await whileConnected(c, (signal) =>
        runRaw(model, request.inputs, limits, signal),
      );
      return answer(c, call, parts, model, { ...report, results }, () => envelope(results));
    }
    const prediction = await predictTexts(c, call, parts, model, request);
    return answer(c, call, parts, model, prediction, ({ results }) => envelope([outputOf(results)]));
  };
}

async function predictTexts(
  c: Context,
  call: Call,
  parts: FormatParts,
  model: Awaited<ReturnType<FormatParts['engine']['predictor']>>,
  request: InferRequest,
): Promise<Prediction> {
  const { task: wanted, ...parameters } = request.parameters ?? {};
  if (wanted !== undefined && typeof wanted !== 'string')
    throw refuseField('parameters.task', 'must be a text');
  const task = namedTask(wanted ?? model.manifest.task, model.manifest);
  const inputs = inputsOf(request.inputs);
  checkInputs(inputs, parts.limits);
  checkLabels(parameters, parts.limits);
  return predict(c, call, parts, {
    model,
    ...(task && { task }),
    inputs,
    parameters: taskParameters({ parameters }, task),
  });
}

/** The outputs that were asked for, all where none was. */
function chosen(
  outputs: readonly OutputTensor[],
  { outputs: wanted }: InferRequest,
): readonly OutputTensor[] {
  if (wanted === undefined || wanted.length === 0) return outputs;
  return wanted.map(({ name }, i) => {
    const output = outputs.find((candidate) => candidate.name === name);
    if (output) return output;
    const names = outputs.map((candidate) => candidate.name).join(', ');
    throw refuseField(`outputs[${i}].name`, `is not known; there is ${names}`);
  });
}
