/** Files in S3 that are predicted as they arrive. */
import * as z from 'zod';
import { days, modelRefs, modelSettings } from './primitives.ts';

export const uploadSchema = z.strictObject({
  models: modelRefs.describe('Models that files can be predicted with'),
  ...modelSettings,
  timeoutSeconds: z
    .int()
    .min(30)
    .max(900)
    .default(300)
    .describe('Seconds of one invocation; a long file takes several'),
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
  inputExpirationDays: days.exactOptional().describe('Days after which files are deleted. Default: never'),
  outputExpirationDays: days.exactOptional().describe('Days after which results are deleted. Default: never'),
});
