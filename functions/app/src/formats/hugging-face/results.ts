/** Results as the clients of Hugging Face expect them, for one input and for a list. */
import { base64OfVector, isVector } from '../vectors.ts';

type Shape = (results: readonly unknown[], many: boolean) => unknown;

/** Tasks that do not give their only result as it is, and a list of results for a list of inputs. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'text-classification': (results) => results,
  'feature-extraction': (results, many) => (many || !isVector(results[0]) ? results : results[0]),
};

export function shapeResults(task: string | undefined, results: readonly unknown[], many: boolean): unknown {
  const shape = task !== undefined && Object.hasOwn(SHAPES, task) ? SHAPES[task] : undefined;
  return (shape ?? eachOrOnly)(results, many);
}

function eachOrOnly(results: readonly unknown[], many: boolean): unknown {
  return many ? results : results[0];
}

/** Every vector, however deep, as the base64 of its 32-bit floats. */
export function encodeVectors(features: unknown): unknown {
  if (isVector(features)) return base64OfVector(features);
  return Array.isArray(features) ? features.map(encodeVectors) : features;
}
