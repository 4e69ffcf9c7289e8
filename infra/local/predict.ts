/** `npm run predict`: texts in, answers in the terminal. */
import { Engine, PilotlightError, type Prediction, type Predictor, type TaskName } from '@pilotlight/engine';
import { readConfig } from '../../functions/shared/config.ts';
import { engineOptions } from '../../functions/shared/engine-options.ts';
import { type Answer, render } from './answers.ts';
import { LocalError, parseOptions, runCommand, usageError, wholeNumber } from './command.ts';
import { findModel, listModels, packagesFolder } from './models.ts';
import { predictWithPipeline } from './predict-pipeline.ts';
import { readTexts } from './texts.ts';

const HELP = `Predicts texts with one model and prints the answers.

Usage: npm run predict -- --model NAME [OPTIONS] [TEXT ...]

  -m, --model NAME  the model, with or without a version: sentiment, sentiment@1.0.0
  -f, --file FILE   texts from a file, one a line; in a .jsonl file a line is a string,
                    or an object with "text" or "inputs"
  --top-k N         labels to print for each text; "all" for every label (default: 1)
  --truncate        cut texts that are too long for the model, instead of refusing them
  --json            print one JSON object a text: {"text", "result"}
  --packages DIR    folder of packages (default: MODELS_DIR, or model-assets/packages)
  -h, --help        print this text

Without TEXT and --file, every line of standard input is a text.

Examples:
  npm run predict -- --model sentiment "I love this" "I do not"
  npm run predict -- --model intent --top-k 3 "what is my balance"
  npm run --silent predict -- --model slots --json < questions.txt > answers.jsonl`;

const OPTIONS = {
  model: { type: 'string', short: 'm' },
  file: { type: 'string', short: 'f' },
  'top-k': { type: 'string' },
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
  const engine = new Engine(engineOptions(readConfig({ ...process.env, MODELS_DIR: folder })));
  const entries = await listModels(engine, folder);
  if (values.model === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version, manifest, pipeline } = findModel(values.model, entries);
  if (pipeline) {
    return predictWithPipeline(engine, pipeline, texts).finally(() => engine.dispose());
  }
  const task = manifest?.task ?? 'text-classification';
  const parameters = { ...taskParameters(task, values['top-k']), truncate: values.truncate };

  const print = values.json ? printJson : (answers: readonly Answer[]) => printTable(task, answers);
  const source = { texts, file: values.file, stdin: process.stdin };
  let done = 0;
  try {
    for await (const chunk of chunks(readTexts(source), CHUNK)) {
      const predictor = await engine.predictor({ name, version });
      const { results } = await predict(predictor, chunk, parameters, done);
      print(chunk.map((text, i) => ({ text, result: results[i] })));
      done += chunk.length;
    }
  } finally {
    await engine.dispose();
  }
  if (done === 0) throw new LocalError('INPUT_REFUSED', 'There was no text to predict.');
}

/** @throws LocalError USAGE */
function taskParameters(task: TaskName, topK: string | undefined): Record<string, unknown> {
  if (task === 'text-classification') {
    return { top_k: topK === 'all' ? null : wholeNumber(topK ?? '1', '--top-k', 1, 1_000_000) };
  }
  if (topK !== undefined)
    throw usageError(`--top-k is for text-classification; this model's task is ${task}.`);
  return task === 'token-classification' ? { offset_unit: 'utf16' } : {};
}

/** @throws LocalError INPUT_REFUSED, which counts texts from 1 over all chunks */
async function predict(
  predictor: Predictor,
  texts: readonly string[],
  parameters: Record<string, unknown>,
  done: number,
): Promise<Prediction> {
  try {
    return await predictor.predict([...texts], parameters);
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
  for (const answer of answers) process.stdout.write(`${JSON.stringify(answer)}\n`);
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
