/** Predicts texts by a task, and prints the answers as they come. */
import { type LoadedModel, PilotlightError, type Prediction } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { CliError, usageError } from '../kit/errors.ts';
import { type Answer, render } from './answers.ts';
import type { PredictLine } from './options.ts';
import { type InputShape, inputShape, MISSING, type PredictTask, taskParameters } from './task-options.ts';
import { readInputs } from './texts.ts';

/** Texts that are predicted and printed together. */
const CHUNK = 256;

export interface Texts {
  readonly values: PredictLine['values'];
  readonly texts: readonly string[];
}

/** `load` is called once there is an input. @throws CliError USAGE, INPUT_REFUSED; EngineError */
export async function printAnswers(
  load: () => Promise<Pick<LoadedModel, 'predict'>>,
  task: PredictTask,
  { values, texts }: Texts,
): Promise<void> {
  const parameters = { ...taskParameters(task, values), truncate: values.truncate };
  const shape = inputShape(task, values);
  const objects = !shape.each && !shape.all;
  if (objects && texts.length > 0) throw usageError(MISSING[task] ?? 'The texts make no input.');

  const print = values.json ? printJson : (answers: readonly Answer[]) => printTable(task, answers);
  const source = { texts, file: values.file, stdin: process.stdin, objects };
  let done = 0;
  for await (const chunk of chunks(inputsOf(readInputs(source), shape), CHUNK)) {
    const { results } = await predict(await load(), chunk, { task, parameters, done });
    print(chunk.map((input, i) => ({ input, result: results[i] })));
    done += chunk.length;
  }
  if (done === 0) throw new CliError('INPUT_REFUSED', 'There was no text to predict.');
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
  model: Pick<LoadedModel, 'predict'>,
  inputs: readonly unknown[],
  { task, parameters, done }: { task: PredictTask; parameters: Record<string, unknown>; done: number },
): Promise<Prediction> {
  try {
    return await model.predict([...inputs], parameters, { task });
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

export function printJson(answers: readonly Answer[]): void {
  for (const { input, result } of answers) {
    const line = typeof input === 'string' ? { text: input, result } : { inputs: input, result };
    process.stdout.write(`${predictionJson(line)}\n`);
  }
}

function printTable(task: PredictTask, answers: readonly Answer[]): void {
  process.stdout.write(`${render(task, answers, process.stdout.columns ?? 100)}\n`);
}

export async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
