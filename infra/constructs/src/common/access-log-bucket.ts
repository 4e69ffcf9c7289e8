import {
  CfnResource,
  type CustomResourceProviderBase,
  Duration,
  RemovalPolicy,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type LoggingProps, logGroup } from './execution-role.ts';

export interface AccessLogBucketProps {
  /** When logs are deleted. @default Duration.days(90) */
  readonly expiration?: Duration;
  /**
   * Whether the logs are kept when the stack is deleted. With `DESTROY` a function of the CDK empties the bucket then, because
   * it is never empty: a load balancer writes a test file at once, and S3 delivers logs for hours after the last request.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /** How that function logs. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** A bucket for the access logs of S3 and load balancers. */
export class AccessLogBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: AccessLogBucketProps = {}) {
    super(scope, id);
    const { expiration = Duration.days(90), removalPolicy = RemovalPolicy.RETAIN } = props;
    const autoDeleteObjects = removalPolicy === RemovalPolicy.DESTROY;
    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Load balancers and S3 deliver to no bucket whose default is a key of KMS.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ id: 'expire', expiration, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy,
      autoDeleteObjects,
    });
    if (autoDeleteObjects) boundEmptier(Stack.of(this), props.logging);
    // `Bucket` declares optional properties as undefined where `IBucket` has them absent.
    this.bucket = bucket as IBucket;
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds access logs; logging the deliveries of logs would feed itself.',
    });
  }
}

/** The construct id that the CDK gives to the one function of a stack that empties buckets. */
const EMPTIER = 'Custom::S3AutoDeleteObjectsCustomResourceProvider';

/**
 * Gives the CDK's function a log group that goes with the stack, in place of one that Lambda makes and nobody deletes, and takes
 * the managed policy away from its role, which may write to every log group of the account.
 */
function boundEmptier(stack: Stack, logging: LoggingProps | undefined): void {
  const provider = stack.node.findChild(EMPTIER) as CustomResourceProviderBase;
  if (provider.node.tryFindChild('Logs')) return;
  const logs = logGroup(provider, 'Logs', logging);
  provider.addToRolePolicy({
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: logs.logGroupArn,
  });
  const [role, handler] = ['Role', 'Handler'].map((id) => provider.node.findChild(id));
  if (!CfnResource.isCfnResource(role) || !CfnResource.isCfnResource(handler)) return;
  role.addPropertyDeletionOverride('ManagedPolicyArns');
  handler.addPropertyOverride('LoggingConfig.LogGroup', logs.logGroupName);
}
