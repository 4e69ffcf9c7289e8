/** The states of a backfill. ADR-distributed-batch.md has the reasons. */
import { Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  type Chain,
  DistributedMap,
  ItemBatcher,
  JitterType,
  JsonPath,
  OutputType,
  ResultWriterV2,
  S3JsonLItemReader,
  StateMachineType,
  TaskInput,
  Timeout,
  Transformation,
  WriterConfig,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { OUTPUT_PREFIX } from '../upload-bucket.ts';
import type { UploadPipeline } from '../upload-pipeline.ts';

/** Files to predict in one execution are put below this prefix, which no event rule matches. */
export const BACKFILL_PREFIX = 'backfill/';
/** The outcome of each batch is written below this prefix. No model collides with it, because results of models are below `<model>@<version>/`. */
export const MAP_RUN_PREFIX = `${OUTPUT_PREFIX}map-runs`;
/** Part of the ARN of a child execution. */
export const MAP_RUN_LABEL = 'rows';

/** Bytes of a batch; Step Functions takes 256 KiB, together with the input that it adds to each batch. */
export const BATCH_BYTES = 200_000;

export interface BackfillDefinition {
  readonly upload: Pick<UploadPipeline, 'bucket' | 'function' | 'timeout'>;
  readonly maxConcurrency: number;
  readonly rowsPerBatch: number;
  readonly toleratedFailurePercentage: number;
}

export function backfillDefinition(scope: Construct, props: BackfillDefinition): Chain {
  const { upload, maxConcurrency, rowsPerBatch, toleratedFailurePercentage } = props;
  // `Bucket` declares optional properties as undefined where `IBucket` has them absent.
  const bucket = upload.bucket as IBucket;
  const rows = new DistributedMap(scope, 'Rows', {
    comment: 'Batches of rows to the function, many at once',
    label: MAP_RUN_LABEL,
    mapExecutionType: StateMachineType.EXPRESS,
    maxConcurrency,
    toleratedFailurePercentage,
    itemReader: new S3JsonLItemReader({ bucket, key: JsonPath.stringAt('$.key') }),
    itemSelector: {
      row: JsonPath.numberAt('$$.Map.Item.Index'),
      value: JsonPath.objectAt('$$.Map.Item.Value'),
    },
    itemBatcher: new ItemBatcher({
      maxItemsPerBatch: rowsPerBatch,
      maxInputBytesPerBatch: BATCH_BYTES,
      // The function ends by itself before the state does, so that no abandoned invocation goes on.
      batchInput: {
        'job.$': '$',
        'execution.$': '$$.Execution.Id',
        seconds: stateSeconds(upload.timeout, LONGEST_BATCH),
      },
    }),
    resultWriterV2: new ResultWriterV2({
      bucket,
      prefix: MAP_RUN_PREFIX,
      writerConfig: new WriterConfig({
        outputType: OutputType.JSONL,
        transformation: Transformation.COMPACT,
      }),
    }),
  });
  rows.itemProcessor(invoke(scope, 'Predict', upload, LONGEST_BATCH));
  const summary = TaskInput.fromObject({
    source: 'pilotlight.backfill.summary',
    job: JsonPath.objectAt('$$.Execution.Input'),
    execution: JsonPath.stringAt('$$.Execution.Id'),
    results: JsonPath.objectAt('$.ResultWriterDetails'),
  });
  return rows.next(invoke(scope, 'Summary', upload, upload.timeout, summary));
}

/** An Express execution ends after five minutes, which leaves time for a second try. */
const LONGEST_BATCH = Duration.minutes(2);

const stateSeconds = (timeout: Duration, longest: Duration): number =>
  Math.min(timeout.toSeconds(), longest.toSeconds());

function invoke(
  scope: Construct,
  id: string,
  { function: lambdaFunction, timeout }: BackfillDefinition['upload'],
  longest: Duration,
  payload?: TaskInput,
): LambdaInvoke {
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.seconds(stateSeconds(timeout, longest))),
    ...(payload && { payload }),
  });
  // A faulty file or model stays faulty, so a second try would not help. OutOfTime has a name of its own, and is tried again.
  task.addRetry({ errors: ['BatchError', 'EngineError'], maxAttempts: 0 });
  task.addRetry({
    errors: ['Lambda.TooManyRequestsException'],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxAttempts: 6,
    maxDelay: Duration.seconds(30),
    jitterStrategy: JitterType.FULL,
  });
  task.addRetry({
    errors: ['States.ALL'],
    interval: Duration.seconds(1),
    backoffRate: 2,
    maxAttempts: 3,
    jitterStrategy: JitterType.FULL,
  });
  return task;
}
