/** `npm run predict`: texts in, answers in the terminal. */

import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import {
  Engine,
  type OnnxManifest,
  PilotlightError,
  type Prediction,
  type Predictor,
  type TaskName,
  tasksOf,
} from '@pilotlight/engine';
import { type Answer, render } from './answers.ts';
import { LocalError, parseOptions, runCommand, usageError } from './command.ts';
import { findModel, listModels, packagesFolder } from './models.ts';
import { predictWithPipeline } from './predict-pipeline.ts';
import { type InputShape, inputShape, MISSING, taskParameters } from './task-options.ts';
import { readInputs } from './texts.ts';

const HELP = `Predicts texts with one model and prints the answers.

Usage: npm run predict -- --model NAME [OPTIONS] [TEXT ...]

  -m, --model NAME  the model, with or without a version: sentiment, sentiment@1.0.0
  -t, --task TASK   another task that the model can do, too
  -f, --file FILE   texts from a file, one a line; in a .jsonl file a line is a string,
                    or an object with "text" (and "text_pair") or "inputs"
  --top-k N         how many answers to print for each text; of labels, "all" for every one
  --pair TEXT       text-classification: the second text of a pair
  --context TEXT    question-answering: what answers the questions
  --labels LIST     zero-shot-classification: what to choose from, with commas between
  --query TEXT      text-ranking: what the texts are ranked for
  --source TEXT     sentence-similarity: what the texts are compared with
  --set NAME=VALUE  a parameter of the task, again for each: --set multi_label=true
  --truncate        cut texts that are too long for the model, instead of refusing them
  --json            print one JSON object a text: {"text", "result"}
  --packages DIR    folder of packages (default: PILOTLIGHT_MODELS_DIR, or model-assets/packages)
  -h, --help        print this text

Without TEXT and --file, every line of standard input is a text; or an input in JSON, for
tasks whose inputs are more than a text and without the option that says the rest.

Examples:
  npm run predict -- --model sentiment "I love this" "I do not"
  npm run predict -- --model intent --top-k 3 "what is my balance"
  npm run --silent predict -- --model slots --json < questions.txt > answers.jsonl`;

const OPTIONS = {
  model: { type: 'string', short: 'm' },
  task: { type: 'string', short: 't' },
  file: { type: 'string', short: 'f' },
  'top-k': { type: 'string' },
  pair: { type: 'string' },
  context: { type: 'string' },
  labels: { type: 'string' },
  query: { type: 'string' },
  source: { type: 'string' },
  set: { type: 'string', multiple: true },
  truncate: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  packages: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Texts that are predicted and printed together. */
const CHUNK = 256;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals: texts } = parseOptions(args, OPTIONS);
  if (values.help) return console.log(HELP);
  const folder = packagesFolder(values.packages);
  const engine = new Engine(engineOptions(readConfig({ ...process.env, PILOTLIGHT_MODELS_DIR: folder })));
  const entries = await listModels(engine, folder);
  if (values.model === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version, manifest } = findModel(values.model, entries);
  if (manifest?.runtime === 'transformers.js') {
    return predictWithPipeline(engine, manifest, texts).finally(() => engine.dispose());
  }
  const task = manifest ? taskOf(values.task, manifest) : 'text-classification';
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
  if (done === 0) throw new LocalError('INPUT_REFUSED', 'There was no text to predict.');
}

/** @throws LocalError USAGE */
function taskOf(wanted: string | undefined, manifest: OnnxManifest): TaskName {
  if (wanted === undefined) return manifest.task;
  const tasks = tasksOf(manifest);
  const task = tasks.find((candidate) => candidate === wanted);
  if (task) return task;
  throw usageError(`Model ${manifest.name} can not do ${wanted}; it can do ${tasks.join(', ')}.`);
}

/** What is read, as the task takes it: texts one by one, or all of them as one input. */
async function* inputsOf(read: AsyncIterable<unknown>, { each, all }: InputShape): AsyncGenerator<unknown> {
  if (all) {
    const texts: string[] = [];
    for await (const text of read) if (typeof text === 'string') texts.push(text);
    if (texts.length > 0) yield all(texts);
    return;
  }
  for await (const input of read) yield each && typeof input === 'string' ? each(input) : input;
}

/** @throws LocalError INPUT_REFUSED, which counts texts from 1 over all chunks */
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
    throw new LocalError(
      'INPUT_REFUSED',
      `Text ${done + Number(index) + 1} has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or cut it with --truncate.`,
      { cause: error },
    );
  }
}

function printJson(answers: readonly Answer[]): void {
  for (const { input, result } of answers) {
    const line = typeof input === 'string' ? { text: input, result } : { inputs: input, result };
    process.stdout.write(`${JSON.stringify(line)}\n`);
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

await runCommand('npm run predict', main);
