/** `pilotlight predict` with a model of an AllenNLP archive: the predictor's JSON, or the inputs of a task. */
import type { ArchiveManifest, Engine } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { CliError, usageError } from '../kit/errors.ts';
import { chunks, printAnswers, printJson, type Texts } from './print-answers.ts';
import { type PredictTask, TASK_OPTIONS } from './task-options.ts';
import { readInputs } from './texts.ts';

/** Inputs that are predicted and printed together. */
const CHUNK = 64;

/**
 * Prints one JSON object for each input, what the predictor answers. An input is the JSON object of the predictor; a text stands for the
 * one field that its predictor reads. With a task, or with an option of one, the input and the answer are those of the task.
 *
 * @throws CliError USAGE, INPUT_REFUSED
 */
export async function predictByArchive(
  engine: Engine,
  manifest: ArchiveManifest,
  { values, texts }: Texts,
): Promise<void> {
  const { name, version } = manifest;
  const load = () => engine.bulkModel({ name, version });
  const task = chooseTask(manifest, values);
  if (task !== 'predictor') {
    if (values.input !== undefined) throw usageError(`--input is for the predictor, not for ${task}.`);
    return printAnswers(load, task, { values, texts });
  }
  const option = TASK_OPTIONS.find((candidate) => values[candidate] !== undefined);
  if (option !== undefined)
    throw usageError(`--${option} goes with a task of the model: ${listed(manifest)}.`);
  let done = 0;
  for await (const chunk of chunks(inputsOf(manifest, { values, texts }), CHUNK)) {
    const { results } = await (await load()).predict(chunk, {}, { task });
    if (values.json) printJson(chunk.map((input, i) => ({ input, result: results[i] })));
    else for (const result of results) process.stdout.write(`${predictionJson(result)}\n`);
    done += chunk.length;
  }
  if (done === 0) throw new CliError('INPUT_REFUSED', 'There was no input to predict.');
}

/** The task that is named, or that an option is for, where the model can do it. @throws CliError USAGE */
function chooseTask(manifest: ArchiveManifest, values: Texts['values']): PredictTask | 'predictor' {
  const meant =
    (values.context !== undefined && 'question-answering') ||
    (values.pair !== undefined && 'text-classification') ||
    'predictor';
  const wanted = values.task ?? meant;
  const task = [...manifest.tasks, 'predictor' as const].find((candidate) => candidate === wanted);
  if (task) return task;
  throw usageError(`Model ${manifest.name} cannot do ${wanted}; it can do ${listed(manifest)}.`);
}

const listed = ({ tasks }: ArchiveManifest): string => [...tasks, 'predictor'].join(', ');

async function* inputsOf(manifest: ArchiveManifest, { values, texts }: Texts): AsyncGenerator<unknown> {
  const { input: fields, file } = values;
  if (fields !== undefined) {
    if (texts.length > 0 || file !== undefined)
      throw usageError('Give --input, texts or --file, not several.');
    yield Object.fromEntries(fields.map(readField));
    return;
  }
  const source = { texts, file, stdin: process.stdin, objects: file?.endsWith('.jsonl') ?? false };
  for await (const input of readInputs(source)) {
    yield typeof input === 'string' ? readText(input, manifest) : input;
  }
}

/** `premise=A man eats.`: a value that begins as a list or an object does is JSON, any other one a text. */
function readField(option: string): [name: string, value: unknown] {
  const [, name, text] = /^(\w+)=(.*)$/s.exec(option) ?? [];
  if (name === undefined || text === undefined) throw usageError(`--input takes NAME=VALUE, not ${option}.`);
  return [name, /^\s*[[{]/.test(text) ? parseJson(text) : text];
}

/** A JSON object is an input; any other text is that of the one field of the example. */
function readText(text: string, { name, example = {} }: ArchiveManifest): unknown {
  if (text.trimStart().startsWith('{')) return parseJson(text);
  const [field, ...others] = Object.keys(example);
  if (field !== undefined && others.length === 0 && typeof example[field] === 'string')
    return { [field]: text };
  const fields = Object.keys(example).map((own) => `--input ${own}=...`);
  throw usageError(
    `Model ${name} takes the JSON of its predictor, such as '${JSON.stringify(example)}', or ${fields.join(' ')}.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('INPUT_REFUSED', `The input is not JSON: ${text.slice(0, 100)}`, { cause });
  }
}
