/** Where the files of a backfill lie, and where their results go. */
import type { ModelRef } from '@pilotlight/engine';
import { BatchError } from '../errors.ts';
import { outputFolder, type Prefixes, parseUploadModel } from '../object/keys.ts';

/** Files that a backfill reads; uploads below it start nothing by themselves. */
export const BACKFILL_PREFIX = 'backfill/';

/** @throws BatchError KEY_NOT_UNDERSTOOD */
export function backfillModel(key: string, prefixes: Prefixes): ModelRef {
  if (key.startsWith(BACKFILL_PREFIX)) return parseUploadModel(key, backfillPrefixes(prefixes));
  throw new BatchError(
    'KEY_NOT_UNDERSTOOD',
    `The key must be ${BACKFILL_PREFIX}<model>/<file> or ${BACKFILL_PREFIX}<model>@<version>/<file>.`,
  );
}

/** The folder that an upload of the same name would have, with a slash at its end; without a model, that of a file that names none. */
export function backfillFolder(
  key: string,
  prefixes: Prefixes,
  model?: { readonly name: string; readonly version: string },
): string {
  return outputFolder(key, backfillPrefixes(prefixes), model);
}

/** Named by its first row, in digits enough for any file, so that names sort as rows do. */
export const formatPartName = (firstRow: number): string =>
  `part-${String(firstRow).padStart(12, '0')}.jsonl`;

const backfillPrefixes = ({ output }: Prefixes): Prefixes => ({ input: BACKFILL_PREFIX, output });
