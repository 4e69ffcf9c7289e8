/** The options of a file: beside it, in `<key>.params.json`, or in the metadata of the object. */

import type { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';
import { OPTIONS_SUFFIX } from './keys.ts';

const name = z.string().check(z.minLength(1));

export const fileOptionsSchema = z.strictObject({
  /** Parameters of the model's task, such as `{"top_k": 1}`. */
  parameters: z._default(z.record(z.string(), z.unknown()), {}),
  /** The column or field that is the input, by itself. */
  column: z.optional(name),
  /** The column or field of the ids. */
  id_column: z.optional(name),
  /** Between the fields of a CSV record. */
  delimiter: z._default(z.string().check(z.regex(/^[\t !#-~]$/, 'must be one ASCII character')), ','),
});
export type FileOptions = z.infer<typeof fileOptionsSchema>;

/** The metadata `x-amz-meta-pilotlight-options`, which holds what the file beside would. */
const METADATA_NAME = 'pilotlight-options';
const MAX_BYTES = 65_536;

/** The file beside it wins over the metadata. @throws BatchError INVALID_OPTIONS */
export async function readOptions(
  objects: S3Objects,
  key: string,
  metadata: Readonly<Record<string, string>>,
): Promise<FileOptions> {
  const beside = await objects.text(key + OPTIONS_SUFFIX, MAX_BYTES);
  const place = beside === undefined ? `x-amz-meta-${METADATA_NAME}` : key + OPTIONS_SUFFIX;
  return parseOptions(beside ?? metadata[METADATA_NAME] ?? '{}', place);
}

/** `place` is named in the error. @throws BatchError INVALID_OPTIONS */
export function parseOptions(json: string, place: string): FileOptions {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new BatchError('INVALID_OPTIONS', `${place} is not valid JSON.`, { cause });
  }
  const parsed = fileOptionsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw new BatchError('INVALID_OPTIONS', `${place}: ${`${path.join('.')} ${reason}`.trim()}.`);
}
