/** The model of a backfill: one version for all batches of an execution. */
import { Output } from '../object/output.ts';
import type { ProcessorDependencies } from '../object/process-object.ts';
import { runName, sha256 } from '../object/run.ts';
import { type OpenModel, openModel } from '../object/settled-version.ts';
import type { RowBatch } from './events.ts';
import { backfillFolder, backfillModel } from './place.ts';

export interface BackfillWork {
  readonly job: RowBatch['BatchInput']['job'];
  /** By which the batches of one execution know each other. @default - each gets what is meant when it comes */
  readonly execution?: string | undefined;
}

/** @throws BatchError KEY_NOT_UNDERSTOOD, VERSION_GONE; EngineError as `bulkModel` does */
export function openBackfillModel(
  { job: { key }, execution }: BackfillWork,
  parts: ProcessorDependencies,
): Promise<OpenModel> {
  const { objects, prefixes } = parts;
  const ref = backfillModel(key, prefixes);
  if (execution === undefined) return openModel(ref, parts);
  const run = runName({ key, execution });
  const output = new Output({ objects, folder: backfillFolder(key, prefixes), input: { key }, run });
  // A file may be in two executions at once.
  return openModel(ref, parts, { output, name: `version-${sha256(execution).slice(0, 16)}.json` });
}
