/** `pilotlight predict`: texts in, answers in the terminal. */

import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import {
  Engine,
  listTasks,
  type OnnxManifest,
  PilotlightError,
  type Prediction,
  type Predictor,
  type TaskName,
} from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { packagesFolder } from '../clone.ts';
import { findModel, listModels } from '../find-model.ts';
import { CliError, usageError } from '../kit/errors.ts';
import { type Answer, render } from './answers.ts';
import type { PredictLine } from './options.ts';
import { predictWithTransformersJs } from './predict-transformers-js.ts';
import { type InputShape, inputShape, MISSING, taskParameters } from './task-options.ts';
import { readInputs } from './texts.ts';

/** Texts that are predicted and printed together. */
const CHUNK = 256;

/** @throws CliError, EngineError */
export async function predictTexts({ values, positionals: texts }: PredictLine): Promise<undefined> {
  const folder = packagesFolder(values.packages);
  const engine = new Engine(engineOptions(readConfig({ ...process.env, PILOTLIGHT_MODELS_DIR: folder })));
  const entries = await listModels(engine, folder);
  if (values.model === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version, manifest } = findModel(values.model, entries);
  if (manifest?.runtime === 'transformers.js') {
    await predictWithTransformersJs(engine, manifest, texts).finally(() => engine.dispose());
    return undefined;
  }
  if (manifest?.runtime === 'allennlp') {
    const { predictByArchive } = await import('./predict-archive.ts');
    await predictByArchive(engine, manifest, { values, texts }).finally(() => engine.dispose());
    return undefined;
  }
  const task = manifest ? chooseTask(values.task, manifest) : 'text-classification';
  const parameters = { ...taskParameters(task, values), truncate: values.truncate };
  const shape = inputShape(task, values);
  const objects = !shape.each && !shape.all;
  if (objects && texts.length > 0) throw usageError(MISSING[task] ?? 'The texts make no input.');

  const print = values.json ? printJson : (answers: readonly Answer[]) => printTable(task, answers);
  const source = { texts, file: values.file, stdin: process.stdin, objects };
  let done = 0;
  try {
    for await (const chunk of chunks(inputsOf(readInputs(source), shape), CHUNK)) {
      const predictor = await engine.predictor({ name, version });
      const { results } = await predict(predictor, chunk, { task, parameters, done });
      print(chunk.map((input, i) => ({ input, result: results[i] })));
      done += chunk.length;
    }
  } finally {
    await engine.dispose();
  }
  if (done === 0) throw new CliError('INPUT_REFUSED', 'There was no text to predict.');
  return undefined;
}

/** @throws CliError USAGE */
function chooseTask(wanted: string | undefined, manifest: OnnxManifest): TaskName {
  if (wanted === undefined) return manifest.task;
  const tasks = listTasks(manifest);
  const task = tasks.find((candidate) => candidate === wanted);
  if (task) return task;
  throw usageError(`Model ${manifest.name} cannot do ${wanted}; it can do ${tasks.join(', ')}.`);
}

/** Shapes the texts as the task takes them: one by one, or all of them as one input. */
async function* inputsOf(read: AsyncIterable<unknown>, { each, all }: InputShape): AsyncGenerator<unknown> {
  if (all) {
    const texts: string[] = [];
    for await (const text of read) if (typeof text === 'string') texts.push(text);
    if (texts.length > 0) yield all(texts);
    return;
  }
  for await (const input of read) yield each && typeof input === 'string' ? each(input) : input;
}

/** @throws CliError INPUT_REFUSED, which counts texts from 1 over all chunks */
async function predict(
  predictor: Predictor,
  inputs: readonly unknown[],
  { task, parameters, done }: { task: TaskName; parameters: Record<string, unknown>; done: number },
): Promise<Prediction> {
  try {
    return await predictor.predict([...inputs], parameters, { task });
  } catch (error) {
    if (!PilotlightError.is(error) || error.code !== 'INPUT_TOO_LONG') throw error;
    const { index, tokens, maxTokens } = error.details;
    throw new CliError(
      'INPUT_REFUSED',
      `Text ${done + Number(index) + 1} has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or cut it with --truncate.`,
      { cause: error },
    );
  }
}

function printJson(answers: readonly Answer[]): void {
  for (const { input, result } of answers) {
    const line = typeof input === 'string' ? { text: input, result } : { inputs: input, result };
    process.stdout.write(`${predictionJson(line)}\n`);
  }
}

function printTable(task: TaskName, answers: readonly Answer[]): void {
  process.stdout.write(`${render(task, answers, process.stdout.columns ?? 100)}\n`);
}

async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
