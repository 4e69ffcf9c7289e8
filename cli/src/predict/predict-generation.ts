/** `pilotlight predict` with a model that generates text. */
import type { Engine, Generation } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import type { GenerationManifest } from '@pilotlight/model-format';
import { CliError, usageError } from '../kit/errors.ts';
import { printableLines } from '../kit/style.ts';
import { chunks, type Texts } from './print-answers.ts';
import { readParameters, TASK_OPTIONS } from './task-options.ts';
import { readInputs } from './texts.ts';

/** Inputs that are generated from together. */
const CHUNK = 32;

/**
 * Prints the text of each input, or with --json one object for each: `{"text", "result"}`, where the result has all sequences.
 * With --stream the text of one input comes as it is generated.
 *
 * @throws CliError USAGE, INPUT_REFUSED; EngineError
 */
export async function predictByGenerator(
  engine: Engine,
  { name, version, task }: GenerationManifest,
  { values, texts }: Texts,
): Promise<void> {
  const option = TASK_OPTIONS.find((candidate) => candidate !== 'set' && values[candidate] !== undefined);
  if (option !== undefined) throw usageError(`--${option} is not for ${task}.`);
  if (values.stream && values.json) throw usageError('--stream prints text; leave out --json.');
  const parameters = { ...readParameters(values), ...(values.truncate && { truncate: true }) };
  const objects = values.file?.endsWith('.jsonl') ?? false;
  const inputs = readInputs({ texts, file: values.file, stdin: process.stdin, objects });
  let done = 0;
  for await (const chunk of chunks(inputs, values.stream ? 1 : CHUNK)) {
    const model = await engine.model({ name, version });
    if (values.stream) {
      const call = await model.prepare(chunk[0], parameters);
      if (call.stream === undefined) throw new CliError('INPUT_REFUSED', `Model ${name} does not stream.`);
      for await (const event of call.stream()) {
        // Beams are settled at their end, and only the best sequence is shown.
        if (event.kind === 'token' && event.sequence === 0) process.stdout.write(printableLines(event.text));
      }
      process.stdout.write('\n');
    } else {
      const { results } = await model.predict(chunk, parameters);
      for (const [index, result] of results.entries()) print(chunk[index], result as Generation, values.json);
    }
    done += chunk.length;
  }
  if (done === 0) throw new CliError('INPUT_REFUSED', 'There was no text to generate from.');
}

function print(input: unknown, result: Generation, json: boolean | undefined): void {
  const line = typeof input === 'string' ? { text: input, result } : { inputs: input, result };
  const text = json
    ? predictionJson(line)
    : result.sequences.map((sequence) => printableLines(sequence.text)).join('\n');
  process.stdout.write(`${text}\n`);
}
