/** What the rows of a file are to a model: the task whose fields they have, and the parameters by which they are answered. */
import { type PackageManifest, TASKS, type TaskName, wireParameters } from '@pilotlight/model-format';

/** Undefined where a row is the JSON of AllenNLP's predictor. */
export type RowTask = TaskName | 'generation' | undefined;

type Facts = Pick<PackageManifest, 'runtime' | 'task'>;

/** A file that is answered again, or from the middle on, has the same texts. */
const SEED = 0;

export function rowTask({ runtime, task }: Facts): RowTask {
  if (runtime === 'generation') return runtime;
  return runtime === 'allennlp' ? undefined : TASKS.find((name) => name === task);
}

/** Parameters of a file, settled: where tokens are drawn, it is by a seed, which the summary records. */
export function rowParameters(
  given: Readonly<Record<string, unknown>> | null | undefined,
  manifest: Facts,
): Record<string, unknown> {
  const task = rowTask(manifest);
  if (task !== 'generation') return wireParameters(given, task);
  return { ...given, seed: given?.seed ?? SEED };
}
