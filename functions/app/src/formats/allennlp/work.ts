/** What a model of an AllenNLP archive is asked, whatever the format of the body. Loaded with the first call of such a model. */
import { type ArchiveTaskName, EngineError, type PackageManifest, PilotlightError } from '@pilotlight/engine';
import { meantTask } from '@pilotlight/engine/internal/runtimes/allennlp/meant-task';
import { TASKS } from '@pilotlight/model-format';
import { requireJson } from '../../http/request/media-type.ts';
import { refuseField } from '../../http/request/parse.ts';
import type { ServedModel, ServingEngine } from '../../serve/ports.ts';
import type { PredictionWork } from '../../serve/wire-format.ts';
import { taskParameters } from '../hugging-face/parameters.ts';
import type { ReadRequest } from '../hugging-face/request.ts';
import { shapeResults } from '../hugging-face/results.ts';
import { ownName } from '../hugging-face/task.ts';
import { predictWork } from '../predict-work.ts';

export interface ArchiveCall {
  readonly model: ServedModel;
  readonly request: ReadRequest;
  /** The task that the path names. @default - the one that the inputs are of */
  readonly task: string | undefined;
  readonly headers: Headers;
  readonly answer?: (results: unknown, many: boolean) => unknown;
}

/** A body of Hugging Face's format, or the JSON of the predictor alone. @throws EngineError TASK_UNSUPPORTED, INVALID_INPUT */
export function archiveWork(
  engine: ServingEngine,
  { model, request, task: wanted, headers, answer = (results) => results }: ArchiveCall,
): PredictionWork {
  const { inputs, encoding_format, isPredictors = false } = request;
  if (inputs instanceof Uint8Array) requireJson(headers);
  if (encoding_format === 'base64') throw refuseField('encoding_format', 'must be float for this model');
  const task =
    isPredictors && wanted === undefined ? 'predictor' : archiveTask(model.manifest, inputs, wanted);
  if (isPredictors && task !== 'predictor') throw refuseField('inputs', 'is required');
  if (isPredictors) {
    const work = predictorWork(engine, model, inputs);
    return { ...work, encode: (prediction) => answer(work.encode(prediction), Array.isArray(inputs)) };
  }
  const shaped = TASKS.find((name) => name === task);
  return predictWork(engine, {
    model,
    task,
    inputs,
    parameters: taskParameters(request, shaped),
    encode: ({ results }) => {
      const many = Array.isArray(inputs);
      // Pipelines that write text answer with a list, also for one input.
      return answer(task === 'text2text-generation' ? results : shapeResults(shaped, results, many), many);
    },
  });
}

/** The JSON of the predictor, one object or a list of them. Errors name its fields as the client sent them. */
export function predictorWork(engine: ServingEngine, model: ServedModel, inputs: unknown): PredictionWork {
  const { manifest } = model;
  if (manifest.runtime !== 'allennlp') {
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${manifest.name} is not of an AllenNLP archive; send it {"inputs": ...}.`,
      { details: { model: manifest.name } },
    );
  }
  const work = predictWork(engine, {
    model,
    task: 'predictor',
    inputs,
    parameters: {},
    encode: ({ results }) => (Array.isArray(inputs) ? results : results[0]),
  });
  return {
    ...work,
    prepare: async (limits, signal) => {
      try {
        return await work.prepare(limits, signal);
      } catch (error) {
        throw named(error);
      }
    },
  };
}

/**
 * `inputs.sentence` is `sentence` to whoever sent the object alone, and `inputs[1].sentence` is `[1].sentence` in a list of them. What is
 * of no field is of the body.
 */
function named(error: unknown): unknown {
  if (!PilotlightError.is(error) || !(error instanceof EngineError)) return error;
  const { field } = error.details;
  const own = field === 'inputs' ? 'body' : /^inputs\.?(.+)$/.exec(String(field))?.[1];
  if (typeof field !== 'string' || own === undefined) return error;
  return new EngineError(error.code, error.message.replace(field, own), {
    details: { ...error.details, field: own },
    cause: error,
  });
}

/** The task of that name, else the one that the first input is of. @throws EngineError TASK_UNSUPPORTED with those that there are */
export function archiveTask(
  manifest: PackageManifest,
  inputs: unknown,
  wanted: string | undefined,
): ArchiveTaskName | 'predictor' {
  const tasks = manifest.runtime === 'allennlp' ? manifest.tasks : [];
  const first: unknown = Array.isArray(inputs) ? inputs[0] : inputs;
  if (wanted === undefined) return meantTask(tasks, first) ?? 'predictor';
  const name = ownName(wanted);
  const task = [...tasks, 'predictor' as const].find((candidate) => candidate === name);
  if (task) return task;
  throw new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${manifest.name} cannot do a task of this name; it can do ${[...tasks, 'predictor'].join(', ')}.`,
    { details: { model: manifest.name, tasks } },
  );
}
