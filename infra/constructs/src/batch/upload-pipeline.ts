import { Duration, Validations } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { checkBatchEnvironment } from '../common/environment.ts';
import { InfraError } from '../common/errors.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import { checkSettings } from '../common/problems.ts';
import { keyForService } from '../common/service-key.ts';
import { WorkQueue } from '../common/work-queue.ts';
import { ModelFunction, OWNED_VARIABLES, refuseOwned } from '../function/model-function.ts';
import { grantBatchAccess } from './permissions.ts';
import { type UploadSettings, uploadSchema } from './schema.ts';
import { EVENT_SERVICE, INPUT_PREFIX, OUTPUT_PREFIX, UploadBucket } from './upload-bucket.ts';

export interface UploadPipelineProps {
  /** Models that files may name, such as `sentiment` or `intent@1.0.0`. */
  readonly models: UploadSettings['models'];
  /** Which files of the models are served, and where they go. @default - the default variant, where there is room */
  readonly packages?: UploadSettings['packages'];
  /**
   * Memory, architecture, time, concurrency, tracing and variables of the function. A file that takes longer than
   * `timeoutSeconds` is gone on with by the next invocation; a message of an invocation that died comes back after six times as
   * long, and one of a file that failed after some seconds.
   *
   * @default - one vCPU on arm64, five minutes, nothing reserved
   */
  readonly lambda?: UploadSettings['lambda'];
  /** How many files are predicted at once, and how often a file is tried. @default - 10 at once, 5 times */
  readonly queue?: UploadSettings['queue'];
  /** When files and results are deleted. @default - never */
  readonly bucket?: UploadSettings['bucket'];
  /** Where S3 writes its access logs; encrypted by SSE-S3, because S3 delivers to no other. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  /** The CloudWatch namespace of its metrics, one for each deployment of an account. @default 'Pilotlight/<name of the stack>' */
  readonly metricsNamespace?: string;
  /**
   * How logs are kept, and what encrypts them, the variables, objects, and messages where the policy of the key is of this
   * app: EventBridge must be let in there. Otherwise SQS encrypts messages with keys of its own.
   *
   * @default - a month, with keys that AWS owns
   */
  readonly logging?: LoggingProps;
}

/**
 * Files in, predictions out: the batch function predicts each file that is put into the bucket under `in/<model>/`, and
 * writes its results under `out/`.
 */
export class UploadPipeline extends ModelFunction {
  readonly bucket: Bucket;
  readonly queue: Queue;
  /** Messages that failed for good or on every delivery, and events that could not be delivered. */
  readonly deadLetterQueue: Queue;
  readonly function: LambdaFunction;
  readonly rule: Rule;
  readonly timeout: Duration;
  /** Files at once. */
  readonly maxConcurrency: number;
  /** Invocations at most, of files and backfills together; undefined where nothing is reserved. */
  readonly reservedConcurrency: number | undefined;

  /**
   * @throws InfraError INVALID_PROPS, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing or damaged;
   * LayerError for models that fit nowhere
   */
  constructor(scope: Construct, id: string, props: UploadPipelineProps) {
    const { accessLogBucket, metricsNamespace, logging, ...data } = props;
    const { models, packages, lambda, queue, bucket } = checkSettings(scope, id, uploadSchema, data);
    refuseOwned(lambda.environment, OWNED);
    checkBatchEnvironment(lambda.environment);
    super(scope, id, { bundle: 'batch', models, packages, lambda, metricsNamespace, logging });
    checkReserved(queue.maxConcurrency, lambda.reservedConcurrency, 'queue.maxConcurrency');
    this.timeout = Duration.seconds(lambda.timeoutSeconds);
    this.maxConcurrency = queue.maxConcurrency;
    this.reservedConcurrency = lambda.reservedConcurrency;
    const encryptionKey = logging?.encryptionKey;
    const uploads = new UploadBucket(this, 'Uploads', {
      ...bucket,
      logging,
      ...(encryptionKey && { encryptionKey }),
      ...(accessLogBucket && { accessLogBucket }),
    });
    // Messages name objects and hold none of their content.
    const messageKey = keyForService(EVENT_SERVICE, encryptionKey);
    const work = new WorkQueue(this, 'Work', {
      // AWS asks for six times the timeout, so that no message comes back while its invocation may still run.
      visibilityTimeout: Duration.seconds(lambda.timeoutSeconds * 6),
      maxReceiveCount: queue.maxReceiveCount,
      ...(messageKey && { encryptionKey: messageKey }),
    });
    this.bucket = uploads.bucket;
    this.queue = work.queue;
    this.deadLetterQueue = work.deadLetterQueue;
    this.rule = uploads.notify(work.queue, work.deadLetterQueue);
    grantBatchAccess(this.role, this);
    this.function = this.makeFunction({
      description: `Pilotlight: files for ${models.join(', ')}`.slice(0, 256),
      // Continuations look like a loop to Lambda, which would end a file after 16: see ADR-continuations.md.
      recursiveLoop: RecursiveLoop.ALLOW,
      ...(lambda.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: lambda.reservedConcurrency,
      }),
      environment: {
        PILOTLIGHT_BATCH_QUEUE_URL: work.queue.queueUrl,
        PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: work.deadLetterQueue.queueUrl,
        PILOTLIGHT_BATCH_BUCKET: uploads.bucket.bucketName,
        PILOTLIGHT_BATCH_INPUT_PREFIX: INPUT_PREFIX,
        PILOTLIGHT_BATCH_OUTPUT_PREFIX: OUTPUT_PREFIX,
      },
    });
    const { batchSize, maxConcurrency } = queue;
    this.function.addEventSource(
      new SqsEventSource(work.queue, { batchSize, maxConcurrency, reportBatchItemFailures: true }),
    );
    const reason =
      'A message that fails on every delivery goes to the dead-letter queue; Step Functions is told of failures.';
    Validations.of(this.function).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason },
      { id: 'Serverless-LambdaEventSourceMappingDestination', reason },
    );
  }
}

const OWNED = {
  ...OWNED_VARIABLES,
  PILOTLIGHT_BATCH_QUEUE_URL: '',
  PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: '',
  PILOTLIGHT_BATCH_BUCKET: '',
  PILOTLIGHT_BATCH_INPUT_PREFIX: '',
  PILOTLIGHT_BATCH_OUTPUT_PREFIX: '',
};

/**
 * Refuses to ask for more invocations at once than are reserved: Lambda would throttle the rest, and their tries would be used up
 * with nothing done.
 *
 * @throws InfraError INVALID_PROPS
 */
export function checkReserved(wanted: number, reserved: number | undefined, what: string): void {
  if (reserved === undefined || wanted <= reserved) return;
  throw new InfraError(
    'INVALID_PROPS',
    `${what} is ${wanted}, and the batch function has ${reserved} reserved: set lambda.reservedConcurrency to ${wanted} or more, or ask for less at once.`,
  );
}
