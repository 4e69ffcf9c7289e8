import { setImmediate } from 'node:timers/promises';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';

/** How long the thread is kept at a time. */
const SLICE_MS = 4;

/**
 * Gives the same text as `predictionJson`, but list by list, so that other requests run in between: the vectors of all tokens of a batch
 * are half a second of work.
 */
export async function stringifyInSlices(value: unknown): Promise<string> {
  let text = '';
  let begun = performance.now();
  for (const piece of pieces(value)) {
    text += piece;
    if (performance.now() - begun < SLICE_MS) continue;
    await setImmediate();
    begun = performance.now();
  }
  return text;
}

function* pieces(value: unknown): Generator<string> {
  if (!Array.isArray(value) || !Array.isArray(value[0])) {
    yield predictionJson(value);
    return;
  }
  yield '[';
  for (const [index, item] of value.entries()) {
    if (index > 0) yield ',';
    yield* pieces(item);
  }
  yield ']';
}
