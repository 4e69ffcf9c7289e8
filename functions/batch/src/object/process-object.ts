/** One file of the bucket, from its event to its summary. */

import { isS3Status } from '@pilotlight/app/internal/aws/s3-errors';
import type { ObjectHead, S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { readObject } from '@pilotlight/app/internal/aws/s3-read';
import { detectFormat } from '../file/formats.ts';
import { NO_PROGRESS, type Progress } from '../file/parts.ts';
import { rowParameters } from '../file/row-task.ts';
import { FileAccount, unquoted, unreadable } from './account.ts';
import { type Deadline, TimeBox } from './deadline.ts';
import { type Continuation, continuation, type ObjectJob } from './events.ts';
import { isUpload, outputFolder, type Prefixes, parseUploadModel, VERSION } from './keys.ts';
import { readOptions } from './options.ts';
import { Output } from './output.ts';
import { runName } from './run.ts';
import { type ModelSource, type OpenModel, openModel } from './settled-version.ts';
import { modelSummary, refuseUnreadable } from './summary.ts';
import { Superseded } from './superseded.ts';
import { writeParts } from './write-parts.ts';

export interface ProcessorDependencies extends ModelSource {
  readonly objects: S3Objects;
  readonly engineVersion: string;
  readonly prefixes: Prefixes;
  readonly partRows: number;
  readonly maxRowBytes: number;
  /** Sends a message to the queue that jobs come from. */
  readonly goOnLater: (message: Continuation) => Promise<void>;
}

/**
 * `done`, now or by an earlier delivery; `continued` by a message to the queue; `superseded` by a newer file of the
 * same key; `ignored` because it is no file to predict.
 */
export interface Processed {
  readonly outcome: 'done' | 'continued' | 'superseded' | 'ignored';
  readonly model?: string;
  /** Rows of this invocation alone. */
  readonly rows: number;
  readonly rowErrors: number;
  readonly seconds: number;
}

const NOTHING = { rows: 0, rowErrors: 0, seconds: 0 };

/**
 * Processes an object as far as time allows. A fault of the file itself is thrown after a summary that says so was
 * written; the queue then delivers the file a few times more and puts it into its dead-letter queue.
 *
 * @throws BatchError, EngineError; the S3 client's errors where S3 does not answer
 */
export async function processObject(
  job: ObjectJob,
  parts: ProcessorDependencies,
  deadline: Deadline,
): Promise<Processed> {
  if (job.bucket !== parts.objects.bucket || !isUpload(job.key, parts.prefixes))
    return { outcome: 'ignored', ...NOTHING };
  try {
    return await processUpload(job, parts, deadline);
  } catch (error) {
    if (error instanceof Superseded || isS3Status(error, 412)) return { outcome: 'superseded', ...NOTHING };
    throw error;
  }
}

async function processUpload(
  job: ObjectJob,
  parts: ProcessorDependencies,
  deadline: Deadline,
): Promise<Processed> {
  const { objects, prefixes, engineVersion } = parts;
  const folder = outputFolder(job.key, prefixes);
  const unread = new FileAccount(objects, { input: job, folder, engineVersion });
  const head = await unread.during(() => readHead(job, objects));
  const read = unread.with({ etag: head.etag, bytes: head.bytes });
  // The same bytes that are put there again are another upload, which may get another version.
  const upload = { key: job.key, etag: head.etag, written: head.versionId ?? head.modified };
  const place = new Output({ objects, folder, input: upload, run: runName(upload) });
  const opened = await read.during(() =>
    openModel(parseUploadModel(job.key, prefixes), parts, { output: place, name: VERSION }),
  );
  try {
    return await predictUpload(job, { parts, deadline, head, read, predictor: opened.predictor });
  } finally {
    opened.end();
  }
}

interface ReadUpload extends Pick<OpenModel, 'predictor'> {
  readonly parts: ProcessorDependencies;
  readonly deadline: Deadline;
  readonly head: ObjectHead;
  /** What is known of it so far. */
  readonly read: FileAccount;
}

async function predictUpload(
  job: ObjectJob,
  { parts, deadline, head, read, predictor }: ReadUpload,
): Promise<Processed> {
  const { objects, prefixes, engineVersion, partRows, maxRowBytes } = parts;
  const { etag, bytes, metadata, contentEncoding } = head;
  const model = modelSummary(predictor);

  const routed = read.with({ model, folder: outputFolder(job.key, prefixes, model) });
  const { format, parameters, csv } = await routed.during(async () => {
    const { parameters: given, ...columns } = await readOptions(objects, job.key, metadata);
    return {
      format: detectFormat(job.key, contentEncoding),
      parameters: rowParameters(given, predictor.manifest),
      csv: columns,
    };
  });

  const described = routed.with({ parameters });
  await described.during(() => predictor.checkParameters(parameters));
  const input = { key: job.key, etag };
  const ingredients = { ...input, format, model, engineVersion, parameters, csv, partRows, maxRowBytes };
  const run = runName(ingredients);
  const output = new Output({ objects, folder: outputFolder(job.key, prefixes, model), input, run });
  if (await output.isComplete()) return { outcome: 'done', model: model.name, ...NOTHING };

  const from = (await output.progress(job.parts)) ?? NO_PROGRESS;
  const object = { bucket: objects.bucket, key: job.key, etag, bytes };
  const time = new TimeBox(deadline);
  const warnings = new Set<string>();
  const written = await writeParts(
    {
      read: (offset) => readObject(objects.client, object, offset, { signal: time.signal }),
      format,
      options: { delimiter: csv.delimiter, column: csv.column, idColumn: csv.id_column, maxRowBytes },
      predictor,
      parameters,
      partRows,
      from,
      signal: time.signal,
      warn: (warning) => warnings.add(warning),
    },
    output,
    time,
  );
  const { progress } = written;
  const reached = described.with({ progress, warnings: [...warnings] });
  if (written.end === 'error') return reached.fail(written.error);
  const done = { model: model.name, ...since(from, progress) };
  if (written.end === 'time') {
    const { byte, row } = progress.position;
    const place = {
      bucket: job.bucket,
      key: job.key,
      etag: unquoted(etag),
      parts: progress.parts,
      row,
      byte,
    };
    await parts.goOnLater(continuation(place));
    return { outcome: 'continued', ...done };
  }
  await reached.during(() => refuseUnreadable(progress));
  await reached.during(() => output.putSummary(reached.summary(), progress.parts));
  return { outcome: 'done', ...done };
}

/** @throws Superseded, BatchError OBJECT_UNREADABLE */
async function readHead({ key, etag }: ObjectJob, objects: S3Objects): Promise<ObjectHead> {
  const head = await objects.head(key);
  if (!head) throw unreadable(key);
  if (etag !== undefined && unquoted(head.etag) !== unquoted(etag)) throw new Superseded(key);
  return head;
}

function since(from: Progress, to: Progress) {
  const countErrors = ({ errors }: Progress) => Object.values(errors).reduce((sum, rows) => sum + rows, 0);
  return {
    rows: to.position.row - from.position.row,
    rowErrors: countErrors(to) - countErrors(from),
    seconds: to.seconds - from.seconds,
  };
}
