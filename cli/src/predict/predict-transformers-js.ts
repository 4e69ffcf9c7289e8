/** `pilotlight predict` with a model that transformers.js runs: files of images and recordings in, JSON out. */

import { readFile } from 'node:fs/promises';
import type { Engine, TransformersJsManifest } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';
import { CliError, usageError } from '../kit/errors.ts';

/** Prints one JSON object for each input, `{"input", "result"}`. @throws CliError USAGE, INPUT_REFUSED */
export async function predictWithTransformersJs(
  engine: Engine,
  { name, version, task }: TransformersJsManifest,
  inputs: readonly string[],
): Promise<void> {
  const { input: kind, second } = TRANSFORMERS_JS_TASKS[task];
  const what = kind === 'text' ? 'a text' : 'a file';
  if (second !== undefined) {
    throw usageError(`${task} takes ${second} with each call: send them to POST /models/${name}.`);
  }
  if (inputs.length === 0) throw usageError(`Give ${what} to predict; this model is for ${task}.`);
  for (const input of inputs) {
    const { results } = await engine.predict({ name, version }, kind === 'text' ? input : await read(input));
    process.stdout.write(`${predictionJson({ input, result: results[0] })}\n`);
  }
}

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new CliError('INPUT_REFUSED', `The file ${path} cannot be read.`, { cause });
  });
}
