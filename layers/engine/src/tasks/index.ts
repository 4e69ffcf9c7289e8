/** The tasks that the engine serves: the one place to register another. */
import type { Task, TaskName } from '../ports.ts';
import { featureExtraction } from './feature-extraction.ts';
import type { CommonParameters } from './parameters.ts';
import { textClassification } from './text-classification.ts';
import { tokenClassification } from './token-classification.ts';

/** A task whose types have been checked where it is defined; its schemas check what comes at run time. */
export type AnyTask = Task<unknown, CommonParameters, unknown>;

const REGISTRY = {
  'text-classification': erase(textClassification),
  'token-classification': erase(tokenClassification),
  'feature-extraction': erase(featureExtraction),
} satisfies Record<TaskName, AnyTask>;

export function taskFor(name: TaskName): AnyTask {
  return REGISTRY[name];
}

/**
 * Forgets the types of a task's input and parameters. Sound, because the predictor passes it nothing that has not
 * gone through the task's own schemas, which is what the parse here repeats in types.
 */
function erase<I, P extends CommonParameters, R>(task: Task<I, P, R>): AnyTask {
  return {
    ...task,
    requests: (input, parameters) => task.requests(input as I, parameters as P),
    result: (input, results, parameters, context) =>
      task.result(input as I, results, parameters as P, context),
  };
}
