import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AccessLogBucket } from '../common/access-log-bucket.ts';
import { acknowledgeKeyUse, acknowledgeObjects } from '../common/acknowledgements.ts';
import { WorkQueue } from '../common/work-queue.ts';
import { KeepActive } from './keep-active.ts';

/** State and results of jobs lie below this prefix. */
export const JOB_PREFIX = 'jobs/';

export interface JobStoreProps {
  /** Bucket for jobs and their results. @default - a bucket of its own */
  readonly bucket?: IBucket;
  /** Encrypts jobs and results. @default - SSE-S3 and SSE-SQS */
  readonly encryptionKey?: IKey;
  /** Where S3 writes its access logs, of a bucket of its own. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  /** When jobs and results are deleted, in a bucket of its own. @default Duration.days(7) */
  readonly resultExpiration?: Duration;
  /** How long a message is hidden from others by default; the worker sets its own time. @default Duration.minutes(5) */
  readonly visibilityTimeout?: Duration;
  /** Whether the bucket is kept when the stack is deleted. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** The queue of jobs, and the bucket with their state and results. */
export class JobStore extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: JobStoreProps) {
    super(scope, id);
    const { encryptionKey, visibilityTimeout = Duration.minutes(5) } = props;
    const jobs = new WorkQueue(this, 'Jobs', { visibilityTimeout, ...(encryptionKey && { encryptionKey }) });
    this.queue = jobs.queue;
    this.deadLetterQueue = jobs.deadLetterQueue;
    new KeepActive(this, 'KeepActive', { queue: this.queue });
    this.bucket = props.bucket ?? (this.ownBucket(props) as IBucket);
  }

  /** Lets a role queue jobs, read and write their state, and delete their results. */
  grantSubmit(grantee: IGrantable): void {
    this.queue.grantSendMessages(grantee);
    this.grantState(grantee);
  }

  /** Lets a role take jobs, send them again before they become dead letters, and do whatever `grantSubmit` permits. */
  grantWork(grantee: IGrantable): void {
    this.queue.grantConsumeMessages(grantee);
    this.grantSubmit(grantee);
  }

  private grantState(grantee: IGrantable): void {
    const { grantPrincipal: principal } = grantee;
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: [this.bucket.arnForObjects(`${JOB_PREFIX}*`)],
      }),
    );
    // Without this permission S3 answers 403 instead of 404 for a missing object: an unknown job, or a result not yet there.
    principal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
    this.bucket.encryptionKey?.grantEncryptDecrypt(grantee);
    if (!Construct.isConstruct(principal)) return;
    acknowledgeObjects(principal, this.bucket.bucketArn, [JOB_PREFIX]);
    if (this.bucket.encryptionKey) acknowledgeKeyUse(principal);
  }

  private ownBucket(props: JobStoreProps): Bucket {
    const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN } = props;
    const accessLogs =
      props.accessLogBucket ?? new AccessLogBucket(this, 'AccessLogs', { removalPolicy }).bucket;
    return new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'jobs/',
      lifecycleRules: [
        {
          id: 'expire',
          prefix: JOB_PREFIX,
          expiration: props.resultExpiration ?? Duration.days(7),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy,
    });
  }
}
