/** `pilotlight predict` with a model of an AllenNLP archive: the predictor's JSON, or texts, in; JSON out. */
import type { ArchiveManifest, Engine } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { CliError, usageError } from '../kit/errors.ts';
import type { PredictLine } from './options.ts';
import { readInputs } from './texts.ts';

/** Inputs that are predicted and printed together. */
const CHUNK = 64;

/**
 * Prints one JSON object for each input, what the predictor answers. An input is the JSON object of the predictor; a text stands for the
 * one field that its predictor reads.
 *
 * @throws CliError USAGE, INPUT_REFUSED
 */
export async function predictByArchive(
  engine: Engine,
  manifest: ArchiveManifest,
  { values, texts }: { readonly values: PredictLine['values']; readonly texts: readonly string[] },
): Promise<void> {
  const { name, version } = manifest;
  const source = { texts, file: values.file, stdin: process.stdin };
  const model = await engine.bulkModel({ name, version });
  let chunk: unknown[] = [];
  let done = 0;
  const print = async (): Promise<void> => {
    const { results } = await model.predict(chunk, {}, { task: 'predictor' });
    for (const result of results) process.stdout.write(`${predictionJson(result)}\n`);
    done += chunk.length;
    chunk = [];
  };
  for await (const input of readInputs({ ...source, objects: values.file?.endsWith('.jsonl') ?? false })) {
    chunk.push(typeof input === 'string' ? readText(input, manifest) : input);
    if (chunk.length === CHUNK) await print();
  }
  if (chunk.length > 0) await print();
  if (done === 0) throw new CliError('INPUT_REFUSED', 'There was no input to predict.');
}

/** A JSON object is an input; any other text is that of the one field of the example. */
function readText(text: string, { name, example = {} }: ArchiveManifest): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new CliError('INPUT_REFUSED', `The input is not JSON: ${text.slice(0, 100)}`, { cause });
    }
  }
  const [field, ...others] = Object.keys(example);
  if (field !== undefined && others.length === 0 && typeof example[field] === 'string')
    return { [field]: text };
  throw usageError(`Model ${name} takes the JSON of its predictor, such as '${JSON.stringify(example)}'.`);
}
