/** The tasks that the engine serves: the one place to register another. */
import type { Task, TaskModel, TaskName } from '../ports.ts';
import { featureExtraction } from './feature-extraction.ts';
import { fillMask } from './fill-mask.ts';
import type { CommonParameters } from './parameters.ts';
import { questionAnswering } from './question-answering.ts';
import { sentenceSimilarity } from './sentence-similarity.ts';
import { textClassification } from './text-classification.ts';
import { textRanking } from './text-ranking.ts';
import { tokenClassification } from './token-classification.ts';
import { zeroShotClassification } from './zero-shot-classification.ts';

/** A task whose types have been checked where it is defined; its schemas check what comes at run time. */
export type AnyTask = Task<unknown, CommonParameters, unknown>;

const REGISTRY = {
  'text-classification': erase(textClassification),
  'token-classification': erase(tokenClassification),
  'question-answering': erase(questionAnswering),
  'fill-mask': erase(fillMask),
  'zero-shot-classification': erase(zeroShotClassification),
  'feature-extraction': erase(featureExtraction),
  'sentence-similarity': erase(sentenceSimilarity),
  'text-ranking': erase(textRanking),
} satisfies Record<TaskName, AnyTask>;

export function taskFor(name: TaskName): AnyTask {
  return REGISTRY[name];
}

/** Nothing where the engine has no task of that name for models that read tokens. */
export function findTask(name: string): AnyTask | undefined {
  return Object.values(REGISTRY).find((task) => task.name === name);
}

/** Every task that a model can do, that of its manifest first. */
export function listTasks(model: TaskModel): TaskName[] {
  const others = Object.values(REGISTRY).filter(({ name, serves }) => name !== model.task && serves(model));
  return [model.task, ...others.map(({ name }) => name)];
}

/**
 * Forgets the types of a task's input and parameters. Sound, because the predictor passes it nothing that has not
 * gone through the task's own schemas, which is what the parse here repeats in types.
 */
function erase<I, P extends CommonParameters, R>(task: Task<I, P, R>): AnyTask {
  const { reading } = task;
  return {
    ...task,
    requests: (input, parameters, context) => task.requests(input as I, parameters as P, context),
    result: (input, results, parameters, context) =>
      task.result(input as I, results, parameters as P, context),
    ...(reading && { reading: (result, results, context) => reading(result as R, results, context) }),
  };
}
