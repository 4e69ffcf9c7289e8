/** `pilotlight batch FILE`: predicts every row of a file. */

import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { detectFormat } from '@pilotlight/batch/internal/file/formats';
import { MAX_ROW_BYTES } from '@pilotlight/batch/internal/file/limits';
import { NO_PROGRESS, type Progress } from '@pilotlight/batch/internal/file/parts';
import { predictFile } from '@pilotlight/batch/internal/file/predict-file';
import { rowParameters } from '@pilotlight/batch/internal/file/row-task';
import { parseOptions as parseFileOptions } from '@pilotlight/batch/internal/object/options';
import { refuseUnreadable } from '@pilotlight/batch/internal/object/summary';
import { Engine } from '@pilotlight/engine';
import { packagesFolder } from '../clone.ts';
import { findModel, listModels } from '../find-model.ts';
import type { Terminal } from '../kit/command.ts';
import { COMMAND_SETTINGS } from '../kit/environment.ts';
import { CliError, usageError } from '../kit/errors.ts';
import { paint } from '../kit/style.ts';
import { FileProgress } from './file-progress.ts';
import type { BatchLine } from './options.ts';
import { openOutput } from './output-file.ts';

/** Rows that are written together. */
const PART_ROWS = 2000;

/** @throws CliError, BatchError, EngineError */
export async function predictRows(
  file: string,
  values: BatchLine['values'],
  { stdout, stderr }: Terminal,
): Promise<void> {
  const { model: ref } = values;
  const format = detectFormat(file);
  const input = await readStats(file);
  const folder = packagesFolder(values.packages);
  keepHeapSmall();
  const config = readConfig({ ...process.env, PILOTLIGHT_MODELS_DIR: folder }, COMMAND_SETTINGS);
  const engine = new Engine({ ...engineOptions(config), ...(await ownPredictors(config)) });
  const entries = await listModels(engine, folder);
  if (ref === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version } = findModel(ref, entries);
  const { output = `${file}.${ref}.predictions.jsonl` } = values;
  if (await isSameFile(output, input)) throw usageError('The output is the file itself; name another.');
  const { parameters, column, id_column: idColumn, delimiter } = fileOptions(values);
  try {
    const predictor = await engine.bulkModel({ name, version });
    let bytesRead = 0;
    const warnings = new Set<string>();
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
      parameters: rowParameters(parameters, predictor.manifest),
      partRows: PART_ROWS,
      from: NO_PROGRESS,
      warn: (warning) => warnings.add(warning),
    });
    const shown = new FileProgress(stderr);
    const progress = await write(parts, output, (position) =>
      shown.show(position, (format.gzip ? bytesRead : position.position.byte) / input.size),
    );
    for (const warning of warnings) stderr.write(`${paint('yellow', 'warning', stderr)} ${warning}\n`);
    if (values.json) stdout.write(`${JSON.stringify(shown.summary(progress, output), null, 2)}\n`);
    else shown.end(progress, output);
    refuseUnreadable(progress);
  } finally {
    await engine.dispose();
  }
}

/** @throws BatchError INVALID_OPTIONS */
function fileOptions(values: BatchLine['values']) {
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
    throw new CliError('USAGE', `--parameters is not JSON: ${json.slice(0, 100)}.`, { cause });
  }
}

async function readStats(file: string): Promise<Stats> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw new CliError('FILE_UNREADABLE', `${file} is no file.`);
}

/** Whatever names and links lead to it. */
async function isSameFile(output: string, { dev, ino }: Stats): Promise<boolean> {
  const found = await stat(output).catch(() => undefined);
  return found?.dev === dev && found.ino === ino;
}

function unreadable(file: string, cause: unknown): CliError {
  return new CliError('FILE_UNREADABLE', `${file} does not exist or cannot be read.`, { cause });
}

/** Everything or nothing: the output gets its name once it is complete. @throws CliError FILE_UNWRITABLE, OUTPUT_TAKEN */
async function write(
  parts: ReturnType<typeof predictFile>,
  output: string,
  show: (progress: Progress) => void,
): Promise<Progress> {
  let progress = NO_PROGRESS;
  const file = await openOutput(output);
  try {
    for await (const part of parts) {
      await file.write(part.body);
      progress = part.progress;
      show(progress);
    }
    await file.publish();
    return progress;
  } finally {
    await file.close();
  }
}
