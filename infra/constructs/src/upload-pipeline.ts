import { METRICS_NAMESPACE } from '@pilotlight/app/internal/telemetry/metric-names';
import { bundleFolder } from '@pilotlight/functions';
import { describePackage, type Placement, placeModels } from '@pilotlight/layers/internal/models/index';
import { runtimeLayerBytes } from '@pilotlight/layers/internal/runtime/index';
import { Duration, Validations } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeTracing, commonOptions } from './bundled-function.ts';
import { executionRole, type LoggingProps, logGroup } from './execution-role.ts';
import { checkMemory, checkProps } from './inference-function-checks.ts';
import { placedFunction } from './inference-function-code.ts';
import { paths } from './paths.ts';
import type { Architecture } from './runtime-layer.ts';
import { keyForService } from './service-key.ts';
import {
  EVENT_SERVICE,
  INPUT_PREFIX,
  OUTPUT_PREFIX,
  UploadBucket,
  type UploadBucketProps,
} from './upload-bucket.ts';
import { checkUploadPipeline } from './upload-pipeline-checks.ts';
import { grantBatchAccess } from './upload-pipeline-permissions.ts';
import { WorkQueue } from './work-queue.ts';

export interface UploadPipelineProps extends LoggingProps, UploadBucketProps {
  /**
   * Encrypts objects, logs and environment variables, and messages where its policy is of this app: EventBridge must be
   * let in there. Otherwise SQS encrypts messages with keys of its own.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;
  /** Models that files may name, such as `sentiment` or `intent@1.0.0`. */
  readonly models: readonly string[];
  /** Folder of model packages. @default - `model-assets/packages` of Pilotlight */
  readonly packagesFolder?: string;
  /** Variant to serve of every model. @default - the `defaultVariant` of each manifest */
  readonly variant?: string;
  /** @default 'arm64' */
  readonly architecture?: Architecture;
  /** 128 to 10,240 MB. Each 1,769 MB buy a vCPU. @default 1769 */
  readonly memoryMegabytes?: number;
  /**
   * Time of one invocation, 30 seconds to 15 minutes. A file that takes longer is gone on with by the next one; a message
   * of an invocation that died comes back after six times as long.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;
  /** Files at once, 2 to 1,000. @default 10 */
  readonly maxConcurrency?: number;
  /** Files that one invocation takes, one after the other, 1 to 10. @default 1 */
  readonly batchSize?: number;
  /** Deliveries before a message goes to the dead-letter queue. @default 5 */
  readonly maxReceiveCount?: number;
  /** Whether X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** Further variables of docs/operations.md. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Files in, predictions out: what is put into the bucket under `in/<model>/` is predicted by the batch function, and its
 * results are written under `out/`.
 */
export class UploadPipeline extends Construct {
  readonly bucket: Bucket;
  readonly queue: Queue;
  /** Messages that failed on every delivery, and events that could not be delivered. */
  readonly deadLetterQueue: Queue;
  readonly function: LambdaFunction;
  readonly rule: Rule;
  readonly logGroup: LogGroup;
  readonly placement: Placement;
  /** The models by name, without versions. */
  readonly modelNames: readonly string[];
  readonly memoryMegabytes: number;
  readonly timeout: Duration;
  /** CloudWatch namespace of its metrics. */
  readonly metricsNamespace: string;

  /**
   * @throws InfraError INVALID_PROPS, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing or damaged;
   * LayerError for models that fit nowhere
   */
  constructor(scope: Construct, id: string, props: UploadPipelineProps) {
    super(scope, id);
    const { memoryMegabytes = 1769, timeout = Duration.minutes(5), architecture = 'arm64' } = props;
    const { maxConcurrency = 10, batchSize = 1 } = props;
    checkProps({ ...props, memoryMegabytes });
    checkUploadPipeline({ ...props, timeout, maxConcurrency, batchSize });
    const packages = props.models.map((ref) => {
      const [name = '', version] = ref.split('@');
      return describePackage(
        props.packagesFolder ?? paths.packages,
        version === undefined ? { name } : { name, version },
        props.variant === undefined ? {} : { variant: props.variant },
      );
    });
    checkMemory(
      memoryMegabytes,
      packages.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.placement = placeModels({
      packages,
      functionBytes: bundleFolder('batch').bytes,
      runtimeLayerBytes: runtimeLayerBytes(architecture),
    });
    this.modelNames = [...new Set(packages.map(({ name }) => name))];
    this.memoryMegabytes = memoryMegabytes;
    this.timeout = timeout;
    this.metricsNamespace = props.environment?.PILOTLIGHT_METRICS_NAMESPACE ?? METRICS_NAMESPACE;

    const uploads = new UploadBucket(this, 'Uploads', props);
    // Messages name objects and hold none of their content.
    const messageKey = keyForService(EVENT_SERVICE, props.encryptionKey);
    const work = new WorkQueue(this, 'Work', {
      // What AWS asks for, so that no message comes back while its invocation may still run or be tried again.
      visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),
      ...(props.maxReceiveCount !== undefined && { maxReceiveCount: props.maxReceiveCount }),
      ...(messageKey && { encryptionKey: messageKey }),
    });
    this.bucket = uploads.bucket;
    this.queue = work.queue;
    this.deadLetterQueue = work.deadLetterQueue;
    this.rule = uploads.notify(work.queue, work.deadLetterQueue);

    this.logGroup = logGroup(this, 'Logs', props);
    const role = executionRole(this, 'Role', this.logGroup, props.encryptionKey);
    if (props.tracing) acknowledgeTracing(role);
    grantBatchAccess(role, this);
    this.function = placedFunction(this, 'Function', {
      bundle: 'batch',
      placement: this.placement,
      architecture,
      role,
      options: {
        ...commonOptions(props, role, this.logGroup),
        description: `Pilotlight: files for ${props.models.join(', ')}`.slice(0, 256),
        memorySize: memoryMegabytes,
        timeout,
        // Continuations look like a loop to Lambda, which would end a file after 16: see ADR-batch-continuations.md.
        recursiveLoop: RecursiveLoop.ALLOW,
        environment: {
          ...props.environment,
          PILOTLIGHT_PRELOAD_MODELS: packages.map(({ name, version }) => `${name}@${version}`).join(','),
          ...(props.variant && { PILOTLIGHT_VARIANT: props.variant }),
          PILOTLIGHT_BATCH_QUEUE_URL: work.queue.queueUrl,
          PILOTLIGHT_BATCH_BUCKET: uploads.bucket.bucketName,
          PILOTLIGHT_BATCH_INPUT_PREFIX: INPUT_PREFIX,
          PILOTLIGHT_BATCH_OUTPUT_PREFIX: OUTPUT_PREFIX,
        },
      },
    });
    this.function.addEventSource(
      new SqsEventSource(work.queue, { batchSize, maxConcurrency, reportBatchItemFailures: true }),
    );
    const reason =
      'What fails on every delivery goes to the dead-letter queue of its queue; Step Functions is told of failures.';
    Validations.of(this.function).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason },
      { id: 'Serverless-LambdaEventSourceMappingDestination', reason },
    );
  }
}
