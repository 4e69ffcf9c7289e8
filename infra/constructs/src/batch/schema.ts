/** Files in S3 that are predicted as they arrive. */
import * as z from 'zod';
import { count, days, modelRefs } from '../common/fields.ts';
import { lambdaSchema, packagesSchema } from '../function/schema.ts';

export const batchLambdaSchema = lambdaSchema.extend({
  reservedConcurrency: count
    .exactOptional()
    .describe(
      'Environments at most, reserved out of those of the account. Default: with distributed, as many as both maxConcurrency; else no limit but queue.maxConcurrency',
    ),
  timeoutSeconds: z
    .int()
    .min(30)
    .max(900)
    .default(300)
    .describe('Seconds of one invocation; a long file takes several'),
});

export const queueSchema = z.strictObject({
  maxConcurrency: z.int().min(2).max(1000).default(10).describe('Files at once'),
  batchSize: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('Files that one invocation takes, one after the other'),
  maxReceiveCount: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Tries before a file goes to the dead-letter queue'),
});

export const bucketSchema = z.strictObject({
  inputExpirationDays: days.exactOptional().describe('Days after which files are deleted. Default: never'),
  outputExpirationDays: days.exactOptional().describe('Days after which results are deleted. Default: never'),
  noncurrentExpirationDays: days
    .default(30)
    .describe('Days after which versions that were replaced or deleted go'),
  removalPolicy: z
    .enum(['destroy', 'retain'])
    .default('retain')
    .describe("What becomes of the bucket, and of everybody's files in it, with the stack"),
});

export const uploadSchema = z.strictObject({
  models: modelRefs.describe('Models that files can be predicted with'),
  packages: packagesSchema.prefault({}).describe('Which files of the models are served, and from where'),
  lambda: batchLambdaSchema.prefault({}).describe('The Lambda function itself'),
  queue: queueSchema.prefault({}).describe('How files wait for the function'),
  bucket: bucketSchema.prefault({}).describe('The bucket of files and results'),
});
export type UploadSettings = z.input<typeof uploadSchema>;

export const backfillSchema = z.strictObject({
  maxConcurrency: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Batches at once, each in an environment of its own'),
  rowsPerBatch: z
    .int()
    .min(1)
    .max(10_000)
    .default(1000)
    .describe('Rows of a batch, of 200,000 bytes at most'),
  toleratedFailurePercentage: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe('Percentage of rows that may fail with their batches before an execution stops'),
});
export type BackfillSettings = z.input<typeof backfillSchema>;
