/**
 * The outcome of each batch, which the result writer of Step Functions has left in S3.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */

import type { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { type ObjectVersion, readObject } from '@pilotlight/app/internal/aws/s3-read';
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';
import { LineBoundary, RecordSplitter, splitIntoRecords } from '../file/records.ts';
import { type BatchResult, batchResultSchema } from './predict-batch.ts';

const files = z._default(z.array(z.object({ Key: z.string() })), []);
const manifestSchema = z.object({
  ResultFiles: z.object({ SUCCEEDED: files, FAILED: files, PENDING: files }),
});
/** A batch that failed; its input is JSON in a string. */
const failureSchema = z.object({ Input: z.string(), Error: z._default(z.string(), 'PENDING') });
const inputSchema = z.object({ Items: z.array(z.unknown()) });

/** A batch that was predicted, or the rows of one that was not and why. */
export type BatchOutcome = BatchResult | { readonly lost: number; readonly error: string };

const MANIFEST_BYTES = 10_000_000;
/** The input of a batch is at most 256 KiB, which escapes may double. */
const MAX_LINE_BYTES = 2_000_000;

/** The outcomes of all batches of one Map Run, in any order. @throws BatchError OBJECT_UNREADABLE */
export async function* readOutcomes(objects: S3Objects, manifestKey: string): AsyncGenerator<BatchOutcome> {
  const manifest = await objects.text(manifestKey, MANIFEST_BYTES);
  if (manifest === undefined) throw unreadable(manifestKey);
  const { SUCCEEDED, FAILED, PENDING } = manifestSchema.parse(JSON.parse(manifest)).ResultFiles;
  for (const { Key } of SUCCEEDED)
    for await (const line of readLines(objects, Key)) yield batchResultSchema.parse(line);
  for (const { Key } of [...FAILED, ...PENDING])
    for await (const line of readLines(objects, Key)) {
      const { Input, Error: error } = failureSchema.parse(line);
      yield { lost: inputSchema.parse(JSON.parse(Input)).Items.length, error };
    }
}

async function* readLines(objects: S3Objects, key: string): AsyncGenerator<unknown> {
  const { client, bucket } = objects;
  const head = await objects.head(key);
  if (!head) throw unreadable(key);
  const object: ObjectVersion = { bucket, key, etag: head.etag, bytes: head.bytes };
  const splitter = new RecordSplitter({ boundary: new LineBoundary(), maxBytes: MAX_LINE_BYTES });
  for await (const records of splitIntoRecords(readObject(client, object), splitter))
    for (const { bytes } of records) if (bytes.length > 0) yield JSON.parse(bytes.toString('utf8'));
}

function unreadable(key: string): BatchError {
  return new BatchError('OBJECT_UNREADABLE', `${key} does not exist. Step Functions should have written it.`);
}
