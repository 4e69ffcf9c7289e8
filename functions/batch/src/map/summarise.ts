/** The end of a backfill: every row accounted for, and no part left that is not of it. */

import { keysBelow } from '@pilotlight/app/internal/aws/s3-list';
import { BatchError } from '../errors.ts';
import { rowParameters } from '../file/row-task.ts';
import { SUMMARY } from '../object/keys.ts';
import { Output } from '../object/output.ts';
import type { ProcessorDependencies } from '../object/process-object.ts';
import { runName } from '../object/run.ts';
import { modelSummary } from '../object/summary.ts';
import type { SummaryRequest } from './events.ts';
import { openBackfillModel } from './open-model.ts';
import { backfillFolder } from './place.ts';
import { readOutcomes } from './results.ts';

export interface BackfillSummary {
  readonly folder: string;
  readonly batches: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Rows that have an error instead of an output, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** Rows of batches that failed, by the error of the batch; they have no line in the output. */
  readonly lost: Readonly<Record<string, number>>;
  /** The sum over all batches. */
  readonly seconds: number;
}

/**
 * Writes `summary.json` beside the parts. Where each row has its line, parts that an earlier backfill of other rows left
 * are deleted.
 *
 * @throws BatchError ROWS_MISSING once the summary is written, where a batch failed; started again, the execution predicts
 * those batches alone. KEY_NOT_UNDERSTOOD, VERSION_GONE, OUTPUT_TAKEN, OBJECT_UNREADABLE
 */
export async function summarise(
  { job, execution, results }: SummaryRequest,
  parts: ProcessorDependencies,
): Promise<BackfillSummary & { readonly model: string }> {
  const { objects, engineVersion, prefixes } = parts;
  const { predictor, end } = await openBackfillModel({ job, execution }, parts);
  end();
  const model = modelSummary(predictor);
  const folder = backfillFolder(job.key, prefixes, model);
  const written = new Set<string>();
  const sum: Counts = { batches: 0, rowsIn: 0, rowsOut: 0, errors: {}, lost: {}, seconds: 0 };
  let [lostRows, lastRow] = [0, -1];
  for await (const outcome of readOutcomes(objects, results.Key)) {
    sum.batches += 1;
    if ('lost' in outcome) {
      lostRows += outcome.lost;
      count(sum.lost, outcome.error, outcome.lost);
      continue;
    }
    written.add(outcome.part);
    lastRow = Math.max(lastRow, outcome.lastRow);
    sum.rowsOut += outcome.rows;
    sum.seconds += outcome.seconds;
    for (const [code, rows] of Object.entries(outcome.errors)) count(sum.errors, code, rows);
  }
  // Rows are numbered without gaps, so that one which nobody tells of shows too.
  sum.rowsIn = Math.max(lastRow + 1, sum.rowsOut + lostRows);
  const parameters = rowParameters(job.parameters, predictor.manifest);
  const input = { bucket: objects.bucket, key: job.key };
  const summary = { input, model, parameters, engine: engineVersion, parts: written.size, ...sum };
  await new Output({ objects, folder, input, run: runName(summary) }).put(
    SUMMARY,
    Buffer.from(`${JSON.stringify(summary, null, 2)}\n`),
    'application/json',
    {},
  );
  if (sum.rowsOut < sum.rowsIn) throw rowsMissing(folder, sum);
  for await (const key of keysBelow(objects.client, objects.bucket, `${folder}part-`)) {
    if (!written.has(key.slice(folder.length))) await objects.delete(key);
  }
  return { folder, ...sum, model: model.name };
}

interface Counts {
  batches: number;
  rowsIn: number;
  rowsOut: number;
  readonly errors: Record<string, number>;
  readonly lost: Record<string, number>;
  seconds: number;
}

function count(counts: Record<string, number>, code: string, rows: number): void {
  counts[code] = (counts[code] ?? 0) + rows;
}

function rowsMissing(folder: string, { rowsIn, rowsOut, lost }: Counts): BatchError {
  const reasons = Object.entries(lost).map(([error, rows]) => `${rows} for ${error}`);
  return new BatchError(
    'ROWS_MISSING',
    `${rowsIn - rowsOut} of ${rowsIn} rows have no line in ${folder}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}. Start the execution again; what is there is kept.`,
  );
}
