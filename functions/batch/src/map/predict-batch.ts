/** One batch of a backfill: rows in, one part of the output in S3. */

import * as z from 'zod/mini';
import { OutOfTime } from '../errors.ts';
import { type Answer, answerRows } from '../file/answers.ts';
import { windowLimits } from '../file/limits.ts';
import { parseJson } from '../file/parse-text.ts';
import { fieldNames } from '../file/row-fields.ts';
import { type RowTask, rowParameters, rowTask } from '../file/row-task.ts';
import { type Gap, type Row, RowReader } from '../file/rows.ts';
import { collectWindows } from '../file/windows.ts';
import { type Deadline, TimeBox } from '../object/deadline.ts';
import { Output } from '../object/output.ts';
import type { ProcessorDependencies } from '../object/process-object.ts';
import { runName, sha256 } from '../object/run.ts';
import type { OpenModel } from '../object/settled-version.ts';
import { modelSummary } from '../object/summary.ts';
import type { RowBatch } from './events.ts';
import { openBackfillModel } from './open-model.ts';
import { backfillFolder, formatPartName } from './place.ts';

const count = z.int().check(z.nonnegative());
export const batchResultSchema = z.object({
  /** The name of the object. */
  part: z.string(),
  firstRow: count,
  lastRow: count,
  rows: count,
  /** Rows that have an error instead of an output, by code. */
  errors: z.record(z.string(), count),
  seconds: z.number(),
});
/** The report on a batch to Step Functions; the answers themselves are in S3. */
export type BatchResult = z.infer<typeof batchResultSchema>;

interface BatchOutcome extends BatchResult {
  readonly model: string;
  /** Whether it was predicted now. */
  readonly isNew: boolean;
}

/** Metadata of a part: what was told of its batch, for one that is asked for again. */
const RESULT = 'pilotlight-batch';

/**
 * Answers the rows of a batch and writes them as `part-<first row>.jsonl`. The part is a pure function of rows, model and
 * parameters: a batch that comes again finds its part and does no work.
 *
 * @throws BatchError KEY_NOT_UNDERSTOOD, VERSION_GONE, OUTPUT_TAKEN, OUT_OF_TIME; EngineError; the S3 client's errors
 */
export async function predictBatch(
  batch: RowBatch,
  parts: ProcessorDependencies,
  deadline: Deadline,
): Promise<BatchOutcome> {
  const start = performance.now();
  const { predictor, end } = await openBackfillModel(batch.BatchInput, parts);
  try {
    return await predictRows(batch, { parts, predictor, deadline, start });
  } finally {
    end();
  }
}

interface RowWork extends Pick<OpenModel, 'predictor'> {
  readonly parts: ProcessorDependencies;
  readonly deadline: Deadline;
  /** By `performance.now()`. */
  readonly start: number;
}

async function predictRows(
  { BatchInput: { job }, Items: items }: RowBatch,
  { parts, predictor, deadline, start }: RowWork,
): Promise<BatchOutcome> {
  const { objects, engineVersion, prefixes, maxRowBytes } = parts;
  const model = modelSummary(predictor);
  const task = rowTask(predictor.manifest);
  const parameters = rowParameters(job.parameters, predictor.manifest);
  const numbers = items.map(({ row }) => row);
  const [firstRow, lastRow] = [Math.min(...numbers), Math.max(...numbers)];
  const part = formatPartName(firstRow);
  const output = new Output({
    objects,
    folder: backfillFolder(job.key, prefixes, model),
    input: { key: job.key },
    run: runName({
      ...{ key: job.key, model, engineVersion, parameters, maxRowBytes },
      items: sha256(JSON.stringify(items)),
    }),
  });
  await output.refuseTaken();
  const known = (await output.own(part))?.metadata[RESULT];
  if (known !== undefined)
    return { ...batchResultSchema.parse(JSON.parse(known)), model: model.name, isNew: false };

  const time = new TimeBox(deadline);
  const answers: Answer[] = [];
  try {
    const rows = toRows(items, task, maxRowBytes);
    for await (const window of collectWindows(once(rows), windowLimits(task, rows.length)))
      if ('rows' in window)
        answers.push(...(await time.within(answerRows(window.rows, predictor, parameters, time.signal))));
  } catch (cause) {
    throw time.signal.aborted ? outOfTime(items.length, cause) : cause;
  } finally {
    time.end();
  }
  const result: BatchResult = {
    ...{ part, firstRow, lastRow, rows: answers.length, errors: countErrors(answers) },
    seconds: (performance.now() - start) / 1000,
  };
  const body = Buffer.from(answers.map(({ line }) => line).join(''));
  await output.put(part, body, 'application/x-ndjson', { [RESULT]: JSON.stringify(result) });
  return { ...result, model: model.name, isNew: true };
}

/** Rows as they would be read from a line of the file; each has the number that Step Functions counted. */
function toRows(items: RowBatch['Items'], task: RowTask, maxRowBytes: number): (Row | Gap)[] {
  return items.flatMap(({ row, value }) => {
    const bytes = Buffer.from(JSON.stringify(value ?? null));
    const record = { bytes, end: 0 };
    const reader = new RowReader({ parse: parseJson, names: fieldNames(task, {}), maxRowBytes, first: row });
    return reader.read([bytes.length > maxRowBytes ? { ...record, problem: 'too-long' } : record]);
  });
}

async function* once<Value>(value: Value): AsyncGenerator<Value> {
  yield value;
}

function countErrors(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { error } of answers) if (error !== undefined) counts[error] = (counts[error] ?? 0) + 1;
  return counts;
}

function outOfTime(rows: number, cause: unknown): OutOfTime {
  return new OutOfTime(
    `A batch of ${rows} rows is more than one invocation can do in the time that its state waits. Make batches smaller (rowsPerBatch), or give the function more memory.`,
    cause,
  );
}
