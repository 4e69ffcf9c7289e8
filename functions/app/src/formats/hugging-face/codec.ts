/** The wire format of Hugging Face's inference endpoints: what it means to the engine. On the way of a cold start. */
import { closest } from '@pilotlight/model-format/errors';
import { isFile, requireJson } from '../../http/request/media-type.ts';
import { checkInputs, checkLabels, parseBody, refuseField } from '../../http/request/parse.ts';
import { requestedModel } from '../../http/request/requested-model.ts';
import type { Call } from '../../serve/call.ts';
import type { AppDependencies, ServingEngine } from '../../serve/ports.ts';
import type { Ask, Codec, PredictionWork } from '../../serve/wire-format.ts';
import { predictWork } from '../predict-work.ts';
import { taskParameters } from './parameters.ts';
import { type PredictRequest, predictRequest, type ReadRequest } from './request.ts';
import { encodeVectors, shapeResults } from './results.ts';
import type { routes } from './routes.ts';
import { findTask, namedTask } from './task.ts';

/** `POST /models/{model}`, with or without a version, and `POST /pipeline/{task}/{model}`. */
const predict: Codec = {
  decode: async (call, parts) =>
    askFor(await readRequest(call), call, parts, {
      ref: requestedModel(call.c),
      task: call.c.req.param('task'),
    }),
};

/** `POST /`: a client that knows an address and no model. */
const predictDefault: Codec = {
  decode: async (call, parts) => {
    const request = await readRequest(call);
    const { askedModel } = await import('../asked-model.ts');
    return askFor(request, call, parts, await askedModel(call.c, parts, 'anything'));
  },
};

export const codecs: Record<keyof typeof routes, Codec> = {
  predict,
  predictVersion: predict,
  pipeline: predict,
  predictDefault,
};

/** The parts of a call that its body does not hold. */
export interface Named extends Pick<Ask, 'ref' | 'path'> {
  /** @default - the task that the body is of */
  readonly task?: string | undefined;
  /** Makes the answer of the results as they stand in it, of a list of inputs or of one. @default - they are sent as JSON */
  readonly answer?: (results: unknown, many: boolean) => unknown;
}

/** The body of a call in this format. */
export async function readRequest({ c, body }: Call): Promise<ReadRequest> {
  // A file by itself is the input of a model that reads one, as the clients of Hugging Face send it.
  if (isFile(c.req.raw.headers)) return { inputs: await body.bytes() };
  const json = await body.json();
  // The model alone can tell it from a mistake.
  if (isWithoutInputs(json)) return { inputs: json, isPredictors: true };
  return asRequest(json);
}

/** Whether a body is an object, and not of this format. */
export function isWithoutInputs(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !Object.hasOwn(json, 'inputs');
}

/** @throws EngineError INVALID_INPUT with `field` */
function asRequest(json: unknown): PredictRequest {
  return parseBody(predictRequest, json, hintAt);
}

/** The field that was probably meant. Parameters stand beside the inputs in some of Hugging Face's clients, and below in others. */
function hintAt(unknown: string): string {
  const meant = closest(unknown, Object.keys(predictRequest.shape));
  return meant === undefined ? '; a parameter of a task stands among the parameters' : `; ${meant} is`;
}

/** Asks the model of that name for what the request says. */
export function askFor(
  request: ReadRequest,
  { c }: Call,
  { limits }: AppDependencies,
  { ref, path, ...named }: Named,
): Ask {
  checkInputs(request.inputs, limits);
  checkLabels(request.parameters ?? {}, limits);
  return {
    ref,
    ...(path !== undefined && { path }),
    work: (engine) => findWork(engine, ref, request, named, c.req.raw.headers),
  };
}

async function findWork(
  engine: ServingEngine,
  ref: string,
  request: ReadRequest,
  { task: wanted, answer }: Pick<Named, 'task' | 'answer'>,
  headers: Headers,
): Promise<PredictionWork> {
  const { inputs, encoding_format } = request;
  const model = await engine.model(ref);
  const { manifest } = model;
  if (manifest.runtime === 'allennlp') {
    const { archiveWork } = await import('../allennlp/work.ts');
    return archiveWork(engine, { model, request, task: wanted, headers, ...(answer && { answer }) });
  }
  if (request.otherwise) throw request.otherwise;
  if (request.isPredictors) asRequest(inputs);
  if (manifest.runtime === 'generation') {
    const { generatedWork } = await import('./generated.ts');
    return generatedWork(engine, { model, manifest, request, task: wanted, ...(answer && { answer }) });
  }
  if (request.stream) throw refuseField('stream', `must be false for ${manifest.task}`);
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
      const many = Array.isArray(inputs);
      const shaped = shapeResults(task, results, many);
      const encoded = encoding_format === 'base64' ? encodeVectors(shaped) : shaped;
      return answer ? answer(encoded, many) : encoded;
    },
  });
}
