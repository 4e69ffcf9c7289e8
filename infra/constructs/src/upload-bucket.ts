import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AccessLogBucket } from './access-log-bucket.ts';

/** Files to predict are put below this prefix. */
export const INPUT_PREFIX = 'in/';
/** Results are written below this one. */
export const OUTPUT_PREFIX = 'out/';

export interface UploadBucketProps {
  /** Encrypts the objects. @default - SSE-S3, with keys that S3 owns */
  readonly encryptionKey?: IKey;
  /** Where S3 writes its access logs; encrypted by SSE-S3, for S3 delivers to no other. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  /** When objects under `in/` are deleted. @default - never */
  readonly inputExpiration?: Duration;
  /** When objects under `out/` are deleted. @default - never */
  readonly outputExpiration?: Duration;
  /** When versions that were replaced or deleted go. @default Duration.days(30) */
  readonly noncurrentVersionExpiration?: Duration;
  /** What becomes of the bucket, and of everybody's files in it, with the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** The bucket of uploads and results: private, encrypted, versioned, and without unfinished uploads that cost for ever. */
export class UploadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: UploadBucketProps) {
    super(scope, id);
    const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN } = props;
    const accessLogs =
      props.accessLogBucket ?? new AccessLogBucket(this, 'AccessLogs', { removalPolicy }).bucket;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'uploads/',
      lifecycleRules: lifecycleRules(props),
      removalPolicy,
    });
    // The property of the L2 construct would add a custom resource that may change the notifications of any bucket.
    const resource = this.bucket.node.defaultChild;
    if (resource instanceof CfnBucket) {
      resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    }
  }

  /** Sends an event for each object that appears under `in/` to `queue`, or to `deadLetterQueue` when it can not. */
  notify(queue: IQueue, deadLetterQueue: IQueue): Rule {
    const rule = new Rule(this, 'Uploaded', {
      description: 'Files uploaded to Pilotlight, to the queue of its batch function',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [this.bucket.bucketName] }, object: { key: Match.prefix(INPUT_PREFIX) } },
      },
    });
    const deadLetterConfig = { arn: deadLetterQueue.queueArn };
    rule.addTarget({ bind: () => ({ arn: queue.queueArn, deadLetterConfig }) });
    // The target of the CDK lets every rule of the account send, once the queue has a key.
    for (const target of [queue, deadLetterQueue]) {
      target.addToResourcePolicy(
        new PolicyStatement({
          actions: ['sqs:SendMessage'],
          principals: [EVENTS],
          resources: [target.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
        }),
      );
    }
    return rule;
  }
}

/** Delivers the events. */
export const EVENT_SERVICE = 'events.amazonaws.com';
const EVENTS = new ServicePrincipal(EVENT_SERVICE);

function lifecycleRules(props: UploadBucketProps): LifecycleRule[] {
  const { noncurrentVersionExpiration = Duration.days(30), inputExpiration, outputExpiration } = props;
  return [
    { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration },
    ...(inputExpiration ? [{ id: 'in', prefix: INPUT_PREFIX, expiration: inputExpiration }] : []),
    ...(outputExpiration ? [{ id: 'out', prefix: OUTPUT_PREFIX, expiration: outputExpiration }] : []),
  ];
}
