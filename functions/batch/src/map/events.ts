/** The events by which Step Functions asks the batch function: see docs/reference/batch-files.md and infra/constructs/src/batch/backfill/distributed-batch.ts. */
import { explainIssue } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';

/** The input of an execution. */
const jobSchema = z.strictObject({
  /** The key of the file, below `BACKFILL_PREFIX`. */
  key: z.string(),
  /** Parameters of the model's task, such as `{"top_k": 1}`. */
  parameters: z._default(z.record(z.string(), z.unknown()), {}),
});

const rowNumber = z.int().check(z.nonnegative());
/** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html */
const batchSchema = z.object({
  BatchInput: z.object({
    job: jobSchema,
    /** Its id. @default - that of a state machine which was deployed before it was asked for */
    execution: z.optional(z.string()),
    /** The time that the state waits for the answer. */
    seconds: z.optional(z.number().check(z.positive())),
  }),
  Items: z.array(z.object({ row: rowNumber, value: z.unknown() })).check(z.minLength(1)),
});
export type RowBatch = z.infer<typeof batchSchema>;

const summarySchema = z.object({
  source: z.literal('pilotlight.backfill.summary'),
  job: jobSchema,
  execution: z.optional(z.string()),
  /** The manifest of the result writer. */
  results: z.object({ Bucket: z.string(), Key: z.string() }),
});
export type SummaryRequest = z.infer<typeof summarySchema>;

export type MapRequest = RowBatch | SummaryRequest;

/** @throws BatchError EVENT_NOT_UNDERSTOOD */
export function parseMapEvent(event: unknown): MapRequest {
  const isBatch = typeof event === 'object' && event !== null && 'Items' in event;
  const parsed = (isBatch ? batchSchema : summarySchema).safeParse(event);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BatchError(
    'EVENT_NOT_UNDERSTOOD',
    `The event is neither messages of a queue, nor a batch of rows, nor a request for their summary: ${`${issue?.path.join('.')} ${explainIssue(issue)}`.trim()}.`,
  );
}
