/** `npm run batch`: predicts a file, or lets messages that were given up be tried again. */

import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { formatOf } from '@pilotlight/batch/internal/file/formats';
import { MAX_ROW_BYTES } from '@pilotlight/batch/internal/file/limits';
import { NO_PROGRESS, type Progress } from '@pilotlight/batch/internal/file/parts';
import { predictFile } from '@pilotlight/batch/internal/file/predict-file';
import { parseOptions as parseFileOptions } from '@pilotlight/batch/internal/object/options';
import { Engine } from '@pilotlight/engine';
import { wireParameters } from '@pilotlight/model-format';
import { ProgressLine } from './batch/progress.ts';
import { redrive } from './batch/redrive.ts';
import { LocalError, parseOptions, runCommand, usageError } from './command.ts';
import { findModel, listModels, packagesFolder } from './models.ts';

const HELP = `Predicts every row of a file. See docs/batch.md for what a row is.

Usage: npm run batch -- FILE --model NAME [OPTIONS]
       npm run batch -- redrive --queue ARN [--endpoint URL]

  FILE                .jsonl, .jsonl.gz, .csv, .csv.gz or .txt
  -m, --model NAME    the model, as sentiment or sentiment@1.0.0
  -o, --output FILE   where predictions go (default: FILE.predictions.jsonl)
  --parameters JSON   parameters of the model's task, such as '{"top_k": 1}'
  --column NAME       CSV column of the texts (default: text)
  --id-column NAME    CSV column of the ids (default: id)
  --delimiter C       between the fields of a CSV record (default: ,)
  --packages DIR      folder of packages (default: PILOTLIGHT_MODELS_DIR, or model-assets/packages)
  -h, --help          print this text

  redrive             moves the messages of a dead-letter queue back, so that their files are tried again
  --queue ARN         the dead-letter queue
  --endpoint URL      of SQS, for the queues of npm start (default: the one of AWS)

Examples:
  npm run batch -- reviews.jsonl --model sentiment
  npm run batch -- reviews.csv.gz --model sentiment --column review --output scores.jsonl`;

const OPTIONS = {
  model: { type: 'string', short: 'm' },
  output: { type: 'string', short: 'o' },
  parameters: { type: 'string' },
  column: { type: 'string' },
  'id-column': { type: 'string' },
  delimiter: { type: 'string' },
  packages: { type: 'string' },
  queue: { type: 'string' },
  endpoint: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Rows that are written together. */
const PART_ROWS = 2000;

interface Values {
  readonly model?: string | undefined;
  readonly output?: string | undefined;
  readonly parameters?: string | undefined;
  readonly column?: string | undefined;
  readonly 'id-column'?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly packages?: string | undefined;
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return console.log(HELP);
  const [file, ...more] = positionals;
  if (file === undefined) throw usageError('Name a file to predict.');
  if (more.length > 0) throw usageError('Name one file at a time.');
  if (file === 'redrive') return redrive(values.queue, values.endpoint);
  await predict(file, values);
}

async function predict(file: string, values: Values): Promise<void> {
  const { model: ref, output = `${file}.predictions.jsonl` } = values;
  const format = formatOf(file);
  if (resolve(output) === resolve(file)) throw usageError('The output is the file itself; name another.');
  const bytes = await sizeOf(file);
  const folder = packagesFolder(values.packages);
  keepHeapSmall();
  const engine = new Engine(engineOptions(readConfig({ ...process.env, PILOTLIGHT_MODELS_DIR: folder })));
  const entries = await listModels(engine, folder);
  if (ref === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version } = findModel(ref, entries);
  const { parameters, column, id_column: idColumn, delimiter } = fileOptions(values);
  try {
    const predictor = await engine.predictor({ name, version });
    let bytesRead = 0;
    const read = async function* (start: number) {
      try {
        for await (const chunk of createReadStream(file, { start })) {
          bytesRead += chunk.length;
          yield chunk;
        }
      } catch (cause) {
        throw unreadable(file, cause);
      }
    };
    const parts = predictFile({
      read,
      format,
      options: { column, idColumn, delimiter, maxRowBytes: MAX_ROW_BYTES },
      predictor,
      parameters: wireParameters(parameters, predictor.manifest.task),
      partRows: PART_ROWS,
      from: NO_PROGRESS,
    });
    const line = new ProgressLine(process.stderr);
    const progress = await write(parts, output, (position) =>
      line.show(position, (format.gzip ? bytesRead : position.position.byte) / bytes),
    );
    line.end(progress, output);
  } finally {
    await engine.dispose();
  }
}

/** @throws BatchError INVALID_OPTIONS */
function fileOptions(values: Values) {
  const given = {
    column: values.column,
    id_column: values['id-column'],
    delimiter: values.delimiter,
  };
  const parameters = parseParameters(values.parameters ?? '{}');
  return parseFileOptions(JSON.stringify({ parameters, ...given }), 'The options');
}

function parseParameters(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new LocalError('USAGE', `--parameters is not JSON: ${json.slice(0, 100)}.`, { cause });
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw new LocalError('FILE_UNREADABLE', `${file} is no file.`);
}

function unreadable(file: string, cause: unknown): LocalError {
  return new LocalError('FILE_UNREADABLE', `${file} does not exist or can not be read.`, { cause });
}

/** Everything or nothing: the output gets its name once it is complete. */
async function write(
  parts: ReturnType<typeof predictFile>,
  output: string,
  show: (progress: Progress) => void,
): Promise<Progress> {
  const unfinished = `${output}.unfinished`;
  let progress = NO_PROGRESS;
  const bodies = async function* () {
    for await (const part of parts) {
      yield part.body;
      progress = part.progress;
      show(progress);
    }
  };
  try {
    await pipeline(bodies, createWriteStream(unfinished));
    await rename(unfinished, output);
    return progress;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error instanceof Error && 'syscall' in error ? unwritable(output, error) : error;
  }
}

function unwritable(output: string, cause: Error): LocalError {
  const reason = 'code' in cause ? String(cause.code) : cause.message;
  return new LocalError('FILE_UNWRITABLE', `${output} can not be written (${reason}).`, { cause });
}

await runCommand('npm run batch', main);
