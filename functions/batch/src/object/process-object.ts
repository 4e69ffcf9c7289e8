/** One file of the bucket, from its event to its summary. */

import { isS3Status } from '@pilotlight/app/internal/aws/s3-errors';
import type { ObjectHead, S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { readObject } from '@pilotlight/app/internal/aws/s3-read';
import { EngineError, type ModelRef, type PilotlightError, type Predictor } from '@pilotlight/engine';
import { wireParameters } from '@pilotlight/model-format';
import { BatchError } from '../errors.ts';
import { formatOf } from '../file/formats.ts';
import { NO_PROGRESS, type Progress } from '../file/parts.ts';
import { type FileJob, predictFile } from '../file/predict-file.ts';
import { type Deadline, TimeBox } from './deadline.ts';
import { type Continuation, continuation, type ObjectJob } from './events.ts';
import { isUpload, modelOf, outputFolder, type Prefixes } from './keys.ts';
import { readOptions } from './options.ts';
import { Output } from './output.ts';
import { runName } from './run.ts';
import { counts, modelSummary, refuseUnreadable } from './summary.ts';
import { Superseded } from './superseded.ts';

export interface ProcessorParts {
  readonly objects: S3Objects;
  readonly engine: { predictor(ref: ModelRef): Promise<Predictor> };
  readonly engineVersion: string;
  readonly prefixes: Prefixes;
  readonly partRows: number;
  readonly maxRowBytes: number;
  /** Sends a message to the queue that jobs come from. */
  readonly goOnLater: (message: Continuation) => Promise<void>;
}

/**
 * `done`, now or by an earlier delivery; `continued` by a message to the queue; `superseded` by a newer file of the
 * same key; `ignored`, for it is no file to predict.
 */
export interface Processed {
  readonly outcome: 'done' | 'continued' | 'superseded' | 'ignored';
  readonly model?: string;
  /** Of this invocation alone. */
  readonly rows: number;
  readonly rowErrors: number;
  readonly seconds: number;
}

/** What goes into every summary, complete or not, as soon as it is known. */
interface Known {
  folder: string;
  /** Missing where the object could not be read. */
  etag?: string;
  bytes: number;
  progress: Progress;
  facts: Record<string, unknown>;
}

const NOTHING = { rows: 0, rowErrors: 0, seconds: 0 };

/**
 * Processes an object as far as time allows. What is wrong with the file itself is thrown after a summary that says
 * so was written; the queue then delivers it a few times more and puts it into its dead-letter queue.
 *
 * @throws BatchError, EngineError; the S3 client's errors where S3 does not answer
 */
export async function processObject(
  job: ObjectJob,
  parts: ProcessorParts,
  deadline: Deadline,
): Promise<Processed> {
  const { objects, prefixes } = parts;
  if (job.bucket !== objects.bucket || !isUpload(job.key, prefixes))
    return { outcome: 'ignored', ...NOTHING };
  const folder = outputFolder(job.key, prefixes);
  const known: Known = { folder, bytes: 0, progress: NO_PROGRESS, facts: {} };
  try {
    return await processKnown(job, parts, deadline, known);
  } catch (cause) {
    if (cause instanceof Superseded || isS3Status(cause, 412)) return { outcome: 'superseded', ...NOTHING };
    const error = isS3Status(cause, 403) || isS3Status(cause, 404) ? unreadable(job.key, cause) : cause;
    if (isOfFile(error)) await writeFailure(job, parts, known, error);
    throw error;
  }
}

async function processKnown(
  job: ObjectJob,
  parts: ProcessorParts,
  deadline: Deadline,
  known: Known,
): Promise<Processed> {
  const { objects, prefixes, engineVersion, partRows, maxRowBytes } = parts;
  const head = await headOf(job, objects);
  known.etag = head.etag;
  known.bytes = head.bytes;
  const predictor = await parts.engine.predictor(modelOf(job.key, prefixes));
  const model = modelSummary(predictor);
  known.folder = outputFolder(job.key, prefixes, model);
  known.facts = { model };
  const format = formatOf(job.key);
  const { parameters: given, ...csv } = await readOptions(objects, job.key, head.metadata);
  const parameters = wireParameters(given, predictor.manifest.task);
  known.facts = { model, parameters };
  await predictor.predictEach([], parameters);

  const input = { key: job.key, etag: head.etag };
  const ingredients = { ...input, model, engineVersion, parameters, csv, partRows, maxRowBytes };
  const output = new Output({ objects, folder: known.folder, input, run: runName(ingredients) });
  if (await output.isComplete()) return { outcome: 'done', model: model.name, ...NOTHING };
  const from = (await output.progress(job.parts)) ?? NO_PROGRESS;
  known.progress = from;

  const object = { bucket: objects.bucket, key: job.key, etag: head.etag, bytes: head.bytes };
  const time = new TimeBox(deadline);
  const isWhole = await writeParts(
    {
      read: (offset) => readObject(objects.client, object, offset, { signal: time.signal }),
      format,
      options: { delimiter: csv.delimiter, column: csv.column, idColumn: csv.id_column, maxRowBytes },
      predictor,
      parameters,
      partRows,
      from,
      signal: time.signal,
    },
    output,
    time,
    known,
  );
  const { progress } = known;
  const done = { model: model.name, ...since(from, progress) };
  if (!isWhole) {
    const { parts: written, position } = progress;
    const place = { bucket: job.bucket, ...input, etag: unquoted(head.etag), parts: written, ...position };
    await parts.goOnLater(continuation(place));
    return { outcome: 'continued', ...done };
  }
  refuseUnreadable(progress);
  await output.putSummary(summaryOf(job, parts, known), progress.parts);
  return { outcome: 'done', ...done };
}

/**
 * Writes parts until the file or the time ends; whether the file has ended. One part is on its way to S3 while the next
 * is predicted; they arrive in order, so that the last one there says how far the file has got.
 *
 * @throws BatchError OUT_OF_TIME where not even one part could be written
 */
async function writeParts(job: FileJob, output: Output, time: TimeBox, known: Known): Promise<boolean> {
  let writing = Promise.resolve();
  let wrote = false;
  try {
    for await (const part of predictFile(job)) {
      await writing;
      writing = output.putPart(part).then(() => {
        known.progress = part.progress;
      });
      writing.catch(() => undefined);
      wrote = true;
      if (!time.suffices()) {
        await writing;
        return false;
      }
    }
    await writing;
    return true;
  } catch (error) {
    await writing;
    if (!time.signal.aborted) throw error;
    if (wrote) return false;
    throw new BatchError(
      'OUT_OF_TIME',
      `${job.partRows} rows are more than one invocation can do. Give the function more time, or set PILOTLIGHT_BATCH_PART_ROWS lower.`,
      { cause: error },
    );
  } finally {
    time.end();
  }
}

/** @throws Superseded, BatchError OBJECT_UNREADABLE */
async function headOf({ key, etag }: ObjectJob, objects: S3Objects): Promise<ObjectHead> {
  const head = await objects.head(key);
  if (!head) throw unreadable(key);
  if (etag !== undefined && unquoted(head.etag) !== unquoted(etag)) throw new Superseded(key);
  return head;
}

const unquoted = (etag: string): string => etag.replaceAll('"', '');

function unreadable(key: string, cause?: unknown): BatchError {
  return new BatchError('OBJECT_UNREADABLE', `${key} does not exist or may not be read.`, { cause });
}

const OF_FILE = ['MODEL_NOT_FOUND', 'PACKAGE_INVALID', 'PACKAGE_CORRUPT', 'INVALID_PARAMETER'];

/** What another try without a change will not mend. */
function isOfFile(error: unknown): error is PilotlightError {
  if (error instanceof BatchError) return error.code !== 'OUTPUT_TAKEN';
  return error instanceof EngineError && OF_FILE.includes(error.code);
}

/** A failure is a run of its own: the summary of a later success takes its place. */
async function writeFailure(
  job: ObjectJob,
  parts: ProcessorParts,
  known: Known,
  { code, message }: PilotlightError,
): Promise<void> {
  const { folder, etag, progress } = known;
  const input = { key: job.key, ...(etag === undefined ? {} : { etag }) };
  const run = runName({ ...input, ...progress.position, code, message });
  const output = new Output({ objects: parts.objects, folder, input, run });
  if (await output.isComplete()) return;
  const summary = { ...summaryOf(job, parts, known), error: { code, message } };
  try {
    await output.putSummary(summary, progress.parts);
  } catch (error) {
    if (!(error instanceof Superseded) && !(error instanceof BatchError)) throw error;
  }
}

function summaryOf({ bucket, key }: ObjectJob, parts: ProcessorParts, known: Known) {
  const { etag, bytes, facts, progress } = known;
  const input = { bucket, key, ...(etag === undefined ? {} : { etag: unquoted(etag) }), bytes };
  return { input, ...facts, engine: parts.engineVersion, ...counts(progress) };
}

function since(from: Progress, to: Progress) {
  const errorsOf = ({ errors }: Progress) => Object.values(errors).reduce((sum, rows) => sum + rows, 0);
  return {
    rows: to.position.row - from.position.row,
    rowErrors: errorsOf(to) - errorsOf(from),
    seconds: to.seconds - from.seconds,
  };
}
