/** Chooses what an input of a call is: the JSON of the predictor, or the input of a task of Hugging Face. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { AskedTask } from '../../predict/loaded-model.ts';
import { InputError } from '../../tasks/refusals.ts';
import type { ArchiveModel, JsonObject, TaskShape } from './archive-model.ts';
import { meantTask } from './meant-task.ts';

/** An input as the predictor reads it, and the task that its answer is shaped for. */
export interface AskedInput {
  readonly input: unknown;
  /** @default - the predictor's JSON is answered */
  readonly shape?: TaskShape;
  readonly json: JsonObject;
}

/** The model's names in refusals. */
export interface Named {
  readonly name: string;
  readonly task: string;
  readonly example?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads one input. A text, and an object with the fields of a task, is of that task; any other object is the predictor's.
 *
 * @throws EngineError INVALID_INPUT with `field`, TASK_UNSUPPORTED
 */
export function askedInput(
  { tasks = [] }: Pick<ArchiveModel, 'tasks'>,
  input: unknown,
  task: AskedTask | undefined,
  { named, index }: { readonly named: Named; readonly index: number | undefined },
): AskedInput {
  const shape = task === undefined ? meantShape(tasks, input) : namedShape(tasks, task, named);
  const field = index === undefined ? 'inputs' : `inputs[${index}]`;
  if (shape) return { input, shape, json: shape.toPredictor(input, field) };
  if (isJsonObject(input)) return { input, json: input };
  const { example } = named;
  const such = example ? `, such as ${JSON.stringify(example)}` : '';
  throw new InputError('', `must be the JSON object of the predictor${such}`, index);
}

/** @throws EngineError TASK_UNSUPPORTED with the tasks that there are */
function namedShape(
  tasks: readonly TaskShape[],
  task: AskedTask,
  { name, task: own }: Named,
): TaskShape | undefined {
  if (task === 'predictor') return undefined;
  const shape = tasks.find((candidate) => candidate.name === task);
  if (shape) return shape;
  const can = tasks.map((candidate) => candidate.name).join(', ');
  throw new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${name} is a ${own}; it cannot do ${task}${can === '' ? '' : `, but ${can}`}.`,
    { details: { model: name, task, tasks: tasks.map((candidate) => candidate.name) } },
  );
}

function meantShape(tasks: readonly TaskShape[], input: unknown): TaskShape | undefined {
  const meant = meantTask(
    tasks.map(({ name }) => name),
    input,
  );
  return tasks.find(({ name }) => name === meant);
}

function isJsonObject(input: unknown): input is JsonObject {
  return typeof input === 'object' && input !== null && !Array.isArray(input) && !ArrayBuffer.isView(input);
}
