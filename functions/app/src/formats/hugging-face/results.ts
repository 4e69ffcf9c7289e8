/** Results as the clients of Hugging Face expect them, for one input and for a list. */
import type { TaskName } from '@pilotlight/engine';
import { TASK_FACTS, type TaskFacts } from '@pilotlight/model-format';
import { encodeVector, isVector } from '../vectors.ts';

type Shape = (results: readonly unknown[], many: boolean) => unknown;

const each: Shape = (results, many) => (many ? results : results[0]);

const SHAPES: Readonly<Record<TaskFacts['wire'], Shape>> = {
  list: (results) => results,
  vector: (results, many) => (many || !isVector(results[0]) ? results : results[0]),
  each,
  labels: (results, many) => each(results.map(pairLabels), many),
};

/** `task` is undefined where the engine has no task of its own for the model. */
export function shapeResults(
  task: TaskName | undefined,
  results: readonly unknown[],
  many: boolean,
): unknown {
  return SHAPES[task === undefined ? 'each' : TASK_FACTS[task].wire](results, many);
}

/** Makes `[{label, score}]` of `{labels, scores}`: see ADR-zero-shot.md. */
function pairLabels(result: unknown): unknown {
  const { labels, scores }: { labels?: unknown; scores?: unknown } = Object(result);
  if (!Array.isArray(labels) || !Array.isArray(scores)) return result;
  const list: readonly unknown[] = scores;
  return labels.map((label: unknown, i) => ({ label, score: list[i] }));
}

/** Every vector, however deep, as the base64 of its 32-bit floats. */
export function encodeVectors(features: unknown): unknown {
  if (isVector(features)) return encodeVector(features);
  return Array.isArray(features) ? features.map(encodeVectors) : features;
}
