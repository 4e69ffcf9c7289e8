/** Results as the clients of Hugging Face expect them, for one input and for a list. */
import type { TaskName } from '@pilotlight/engine';
import { TASK_FACTS, type TaskFacts } from '@pilotlight/model-format';
import { encodeVector, isVector } from '../vectors.ts';

type Shape = (results: readonly unknown[], many: boolean) => unknown;

const SHAPES: Readonly<Record<TaskFacts['wire'], Shape>> = {
  list: (results) => results,
  vector: (results, many) => (many || !isVector(results[0]) ? results : results[0]),
  each: (results, many) => (many ? results : results[0]),
};

/** `task` is undefined where the engine has no task of its own for the model. */
export function shapeResults(
  task: TaskName | undefined,
  results: readonly unknown[],
  many: boolean,
): unknown {
  const shaped = task === 'zero-shot-classification' ? results.map(listLabels) : results;
  return SHAPES[task === undefined ? 'each' : TASK_FACTS[task].wire](shaped, many);
}

/** See ADR-zero-shot.md. */
function listLabels(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || !('labels' in result) || !('scores' in result))
    return result;
  const { labels, scores } = result;
  if (!Array.isArray(labels) || !Array.isArray(scores)) return result;
  return labels.map((label: unknown, i) => ({ label, score: scores[i] as unknown }));
}

/** Every vector, however deep, as the base64 of its 32-bit floats. */
export function encodeVectors(features: unknown): unknown {
  if (isVector(features)) return encodeVector(features);
  return Array.isArray(features) ? features.map(encodeVectors) : features;
}
