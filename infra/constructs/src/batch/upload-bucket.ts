import { Duration } from 'aws-cdk-lib';
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
import type * as z from 'zod';
import { AccessLogBucket } from '../common/access-log-bucket.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import { toRemovalPolicy } from '../common/removal-policy.ts';
import type { bucketSchema } from './schema.ts';

/** Files to predict are put below this prefix. */
export const INPUT_PREFIX = 'in/';
/** Results are written below this prefix. */
export const OUTPUT_PREFIX = 'out/';

export interface UploadBucketProps extends z.output<typeof bucketSchema> {
  /** Encrypts the objects. @default - SSE-S3, with keys that S3 owns */
  readonly encryptionKey?: IKey;
  /** How the function logs that empties a bucket of access logs. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps | undefined;
  /** Where S3 writes its access logs; encrypted by SSE-S3, because S3 delivers to no other. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
}

/** The bucket of uploads and results: private, encrypted, versioned, and without unfinished uploads that cost for ever. */
export class UploadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: UploadBucketProps) {
    super(scope, id);
    const { encryptionKey, logging } = props;
    const removalPolicy = toRemovalPolicy(props.removalPolicy);
    const accessLogs =
      props.accessLogBucket ??
      new AccessLogBucket(this, 'AccessLogs', { removalPolicy, ...(logging && { logging }) }).bucket;
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

  /** Sends an event for each object that appears under `in/` to `queue`, or to `deadLetterQueue` when it cannot. */
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
    // The CDK's own target would let every rule of the account send, as soon as the queue has a key.
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

/** The service that delivers the events. */
export const EVENT_SERVICE = 'events.amazonaws.com';
const EVENTS = new ServicePrincipal(EVENT_SERVICE);

function lifecycleRules(props: UploadBucketProps): LifecycleRule[] {
  const { inputExpirationDays, outputExpirationDays } = props;
  const noncurrentVersionExpiration = Duration.days(props.noncurrentExpirationDays);
  const expire = (id: string, prefix: string, days: number | undefined): LifecycleRule[] =>
    days === undefined ? [] : [{ id, prefix, expiration: Duration.days(days) }];
  return [
    { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration },
    ...expire('in', INPUT_PREFIX, inputExpirationDays),
    ...expire('out', OUTPUT_PREFIX, outputExpirationDays),
  ];
}
