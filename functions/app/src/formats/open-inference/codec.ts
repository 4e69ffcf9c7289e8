/** The Open Inference Protocol, version 2. Loaded with the first request in it. */
import { type ArchiveManifest, ENGINE_VERSION, type Prediction } from '@pilotlight/engine';
import { TASKS } from '@pilotlight/model-format';
import type { Limits } from '../../http/limits.ts';
import { checkInputs, checkLabels, refuseField } from '../../http/request/parse.ts';
import { requestedModel } from '../../http/request/requested-model.ts';
import {
  type AppDependencies,
  isRemote,
  type ServedModel,
  type ServingEngine,
  type TokenModel,
} from '../../serve/ports.ts';
import { tellReady } from '../../serve/ready.ts';
import type { Codec, PredictionWork } from '../../serve/wire-format.ts';
import { taskParameters } from '../hugging-face/parameters.ts';
import { namedTask } from '../hugging-face/task.ts';
import { predictWork } from '../predict-work.ts';
import { isRaw, prepareRaw } from './raw.ts';
import { type Infer, readInfer, wantsBinary } from './read.ts';
import type { InferRequest, OutputTensor } from './request.ts';
import type { routes } from './routes.ts';
import { readInputs, writeOutput } from './tensors.ts';

/** `GET /v2/models/{model}`, with or without a version: text goes in as BYTES, or the tensors of the graph. */
const metadata: Codec = {
  decode: ({ c }, parts) => {
    const ref = requestedModel(c);
    return {
      ref,
      work: async (engine) => {
        const { manifest } = await engine.model(ref);
        if (manifest.runtime === 'allennlp') {
          const { archiveTensors } = await import('./archives.ts');
          const tensors = { inputs: archiveTensors(manifest), outputs: [] };
          return { model: { manifest }, tell: () => describeTensors(parts, manifest.name, tensors) };
        }
        const model = await engine.predictor(ref);
        return { model, tell: () => describeTensors(parts, manifest.name, tensorsOf(model)) };
      },
    };
  },
};

interface Tensors {
  readonly inputs: readonly object[];
  /** Those beside the results of the task. */
  readonly outputs: readonly object[];
}

async function describeTensors(
  { models }: Pick<AppDependencies, 'models'>,
  name: string,
  { inputs, outputs }: Tensors,
) {
  const entries = await models();
  return {
    name,
    versions: entries.flatMap((entry) => (entry.name !== name || isRemote(entry) ? [] : entry.version)),
    platform: 'pilotlight_onnxruntime',
    inputs,
    outputs: [
      { name: 'results', datatype: 'BYTES', shape: [-1], parameters: { content_type: 'json' } },
      ...outputs,
    ],
  };
}

function tensorsOf({ manifest, variant }: TokenModel): Tensors {
  const graph = variant.graphs.model;
  const shape = (axes: readonly string[]) => axes.map(() => -1);
  return {
    inputs: [
      { name: 'text', datatype: 'BYTES', shape: [-1], parameters: { task: manifest.task } },
      ...graph.inputs.map((input) => ({ name: input.name, datatype: 'INT64', shape: shape(input.axes) })),
    ],
    outputs: graph.outputs.map(({ name, axes }) => ({ name, datatype: 'FP32', shape: shape(axes) })),
  };
}

/** `GET /v2/models/{model}/ready`: loads the model where it is not. */
const modelReady: Codec = {
  decode: ({ c }) => {
    const ref = requestedModel(c);
    return {
      ref,
      work: async (engine) => {
        const model = await engine.model(ref);
        return { model, tell: () => ({ name: model.manifest.name, ready: true }) };
      },
    };
  },
};

/** `POST /v2/models/{model}/infer` */
const infer: Codec = {
  decode: async (call, { limits }) => {
    const asked = await readInfer(call, limits);
    const { request, contentType } = asked;
    const ref = requestedModel(call.c);
    const encode = await chooseEncoding(request);
    return {
      ref,
      ...(contentType !== undefined && { contentType }),
      work: async (engine) => {
        const model = await engine.model(ref);
        if (model.manifest.runtime === 'allennlp') {
          return predictByArchive(engine, { model, manifest: model.manifest }, asked, limits, encode);
        }
        const predictor = await engine.predictor(ref);
        return isRaw(request.inputs)
          ? runTensors(predictor, request, limits, encode)
          : predictTexts(engine, predictor, asked, limits, encode);
      },
    };
  },
};

type Envelope = ReturnType<typeof envelope>;
type Encode = (answer: Envelope) => unknown;

/** Chooses JSON, unless an output is asked for in binary. */
async function chooseEncoding(request: InferRequest): Promise<Encode> {
  const isBinary = wantsBinary(request);
  const asked = request.outputs ?? [];
  const inBinary = asked.length === 0 ? isBinary('') : asked.some(({ name }) => isBinary(name));
  if (!inBinary) return (answer) => answer;
  const { writeBinary } = await import('./binary.ts');
  return (answer) => writeBinary(answer, isBinary);
}

export const codecs: Record<keyof typeof routes, Codec> = {
  v2Server: {
    tell: () => ({ name: 'pilotlight', version: ENGINE_VERSION, extensions: ['binary_tensor_data'] }),
  },
  v2Live: { tell: () => ({ live: true }) },
  v2Ready: { tell: (_, parts) => tellReady(parts) },
  v2Model: metadata,
  v2ModelReady: modelReady,
  v2Infer: infer,
  v2ModelVersion: metadata,
  v2ModelVersionReady: modelReady,
  v2InferVersion: infer,
};

function runTensors(
  model: TokenModel,
  request: InferRequest,
  limits: Limits,
  encode: Encode,
): PredictionWork {
  let outputs: readonly OutputTensor[] = [];
  return {
    model,
    prepare: async () => {
      const names = chooseNames(
        request,
        model.variant.graphs.model.outputs.map(({ name }) => name),
      );
      const { run, ...estimate } = prepareRaw(model, request.inputs, names, limits);
      return {
        ...estimate,
        run: async (options) => {
          const prediction = await run(options);
          outputs = prediction.results;
          return prediction;
        },
      };
    },
    encode: () => encode(envelope(model, request, outputs)),
  };
}

function predictTexts(
  engine: ServingEngine,
  model: TokenModel,
  { request, parameters: given }: Infer,
  limits: Limits,
  encode: Encode,
): PredictionWork {
  const { task: wanted = model.manifest.task, ...parameters } = given;
  const task = namedTask(asText(wanted), model.manifest);
  const inputs = readInputs(request.inputs);
  checkInputs(inputs, limits);
  checkLabels(parameters, limits);
  return predictWork(engine, {
    model,
    task,
    inputs,
    parameters: taskParameters({ parameters }, task),
    encode: encodeResults(model, request, encode),
  });
}

async function predictByArchive(
  engine: ServingEngine,
  { model, manifest }: { readonly model: ServedModel; readonly manifest: ArchiveManifest },
  { request, parameters: given }: Infer,
  limits: Limits,
  encode: Encode,
): Promise<PredictionWork> {
  const { readArchiveCall } = await import('./archives.ts');
  const { task: wanted, ...parameters } = given;
  const name = wanted === undefined ? undefined : asText(wanted);
  const { inputs, task } = readArchiveCall(request.inputs, manifest, name);
  checkInputs(inputs, limits);
  const shaped = TASKS.find((candidate) => candidate === task);
  return predictWork(engine, {
    model,
    task,
    inputs,
    parameters: taskParameters({ parameters }, shaped),
    encode: encodeResults(model, request, encode),
  });
}

function asText(task: unknown): string {
  if (typeof task === 'string') return task;
  throw refuseField('parameters.task', 'must be a text');
}

function encodeResults(model: ServedModel, request: InferRequest, encode: Encode) {
  return ({ results }: Prediction): unknown => {
    const output = writeOutput(results);
    chooseNames(request, [output.name]);
    return encode(envelope(model, request, [output]));
  };
}

function envelope(
  { manifest: { name, version } }: ServedModel,
  { id }: InferRequest,
  outputs: readonly OutputTensor[],
) {
  return {
    model_name: name,
    model_version: version,
    ...(id !== undefined && id !== null && { id }),
    outputs,
  };
}

/** The outputs that were asked for, all where none was. @throws EngineError INVALID_INPUT where there is no such output */
function chooseNames({ outputs }: InferRequest, names: readonly string[]): readonly string[] {
  const wanted = outputs ?? [];
  const unknown = wanted.findIndex(({ name }) => !names.includes(name));
  if (unknown >= 0) {
    throw refuseField(`outputs[${unknown}].name`, `is not known; there is ${names.join(', ')}`);
  }
  return wanted.length === 0 ? names : wanted.map(({ name }) => name);
}
