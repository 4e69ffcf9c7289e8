/** Which task a call is for. */
import { EngineError, listTasks, type PackageManifest, type TaskName } from '@pilotlight/engine';
import { TASK_FACTS, TASKS } from '@pilotlight/model-format';
import type { PredictRequest } from './request.ts';

/** The name of a task that is called by another one in Hugging Face's pipelines. */
export function ownName(wanted: string): string {
  return TASKS.find((task) => TASK_FACTS[task].aliases.includes(wanted)) ?? wanted;
}

/** The task of a path, where the model can do it. @throws EngineError TASK_UNSUPPORTED with the tasks that it can do */
export function namedTask(wanted: string, manifest: PackageManifest): TaskName | undefined {
  const name = ownName(wanted);
  if (name === manifest.task) return manifest.runtime === 'onnx' ? manifest.task : undefined;
  const own = manifest.runtime === 'onnx' ? listTasks(manifest) : [];
  const task = own.find((candidate) => candidate === name);
  if (task) return task;
  const tasks = manifest.runtime === 'onnx' ? own : [manifest.task];
  const known = isTask(name) ? name : 'a task of this name';
  throw new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${manifest.name} cannot do ${known}; it can do ${tasks.join(', ')}.`,
    { details: { model: manifest.name, tasks } },
  );
}

/**
 * The task of a body that names none: the model's own, unless the inputs are those of another one that it can do. So
 * clients that know no more than a model's address get what they ask for.
 */
export function findTask(request: PredictRequest, manifest: PackageManifest): TaskName | undefined {
  if (manifest.runtime !== 'onnx') return undefined;
  const meant = meantTask(request);
  return meant !== undefined && listTasks(manifest).includes(meant) ? meant : manifest.task;
}

function meantTask({ inputs, parameters }: PredictRequest): TaskName | undefined {
  const first: unknown = Array.isArray(inputs) ? inputs[0] : inputs;
  const byParameter = TASKS.find((task) => has(parameters, TASK_FACTS[task].parameter));
  return byParameter ?? TASKS.find((task) => has(first, TASK_FACTS[task].inputField));
}

function has(value: unknown, field: string | undefined): boolean {
  if (field === undefined || typeof value !== 'object' || value === null) return false;
  const own: unknown = Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined;
  return own !== undefined && own !== null;
}

function isTask(name: string): name is TaskName {
  return TASKS.some((task) => task === name);
}
