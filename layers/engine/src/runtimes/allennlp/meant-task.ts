/** The task of Hugging Face that an input for a model of an archive is of. Pure. */
import type { ArchiveTaskName } from '@pilotlight/model-format';

/** Fields by which an object is the input of a task, and not the predictor's JSON. */
const FIELDS: Readonly<Partial<Record<ArchiveTaskName, readonly string[]>>> = {
  'question-answering': ['question', 'context'],
  'text-classification': ['text'],
};

/** Of the tasks that the model can do: the first for a text, the one with these fields for an object; nothing for the predictor's JSON. */
export function meantTask<Name extends ArchiveTaskName>(
  tasks: readonly Name[],
  input: unknown,
): Name | undefined {
  if (typeof input === 'string') return tasks[0];
  if (typeof input !== 'object' || input === null) return undefined;
  return tasks.find((name) => FIELDS[name]?.every((field) => Object.hasOwn(input, field)));
}
