import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { type WebFunction, type WebFunctionAssetOptions, WebFunctionCode } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeObjects } from '../common/acknowledgements.ts';
import { executionRole, type LoggingProps, logGroup } from '../common/execution-role.ts';
import { toRemovalPolicy } from '../common/removal-policy.ts';

export interface WebCodeBucketProps {
  /** Whether code of earlier revisions stays, and the bucket when the stack is deleted. */
  readonly keep: boolean;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps | undefined;
}

/** Where the CDK puts the objects, below the prefix that is given. */
const PREFIX = 'web-function/';

/**
 * The bucket that Lambda reads the code of web functions from whenever an environment starts, and the function of the CDK that
 * copies the code there. Keys of S3 encrypt it: Lambda could not read it with a key whose policy belongs to another app.
 */
export class WebCodeBucket extends Construct {
  readonly bucket: IBucket;
  readonly #role: Role;
  readonly #copyOptions: NonNullable<WebFunctionAssetOptions['copyOptions']>;

  constructor(scope: Construct, id: string, { keep, logging }: WebCodeBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      encryption: BucketEncryption.S3_MANAGED,
      removalPolicy: toRemovalPolicy(keep ? 'retain' : 'destroy'),
    });
    acknowledge(
      bucket,
      'AwsSolutions-S1',
      'Only Lambda reads it, and only deployments write it: no caller comes near it.',
    );
    // `Bucket` declares optional properties as undefined where `IBucket` has them absent.
    this.bucket = bucket as IBucket;
    const logs = logGroup(this, 'CopyLogs', logging);
    this.#role = executionRole(this, 'CopyRole', logs, logging?.encryptionKey);
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObjectVersion', 's3:PutObject'],
        resources: [bucket.arnForObjects(`${PREFIX}*`)],
      }),
    );
    acknowledgeObjects(this.#role, bucket.bucketArn, [PREFIX], 'their keys are hashes of their content');
    // The CDK would permit the copy of every object of the bucket of assets.
    this.#copyOptions = { role: this.#role.withoutPolicyUpdates(), logGroup: logs };
  }

  /** The one bucket of a stack, which its web functions share. */
  static of(scope: Construct, props: WebCodeBucketProps): WebCodeBucket {
    const stack = Stack.of(scope);
    const existing = stack.node.tryFindChild(ID);
    return existing instanceof WebCodeBucket ? existing : new WebCodeBucket(stack, ID, props);
  }

  /** The code in `folder`, staged and copied at the deployment. */
  code(folder: string): WebFunctionCode {
    return WebFunctionCode.fromAssetToProvidedBucket(this.bucket, folder, { copyOptions: this.#copyOptions });
  }

  /** Lets the function of the CDK read the code of `webFunction` where it is staged, and nothing beside it. */
  permitCopy(webFunction: WebFunction): void {
    const staged = webFunction.node.findAll().find((child) => child instanceof Asset);
    if (staged) {
      const resources = [staged.bucket.arnForObjects(staged.s3ObjectKey)];
      this.#role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources }));
    }
    webFunction.node.addDependency(this.#role);
    for (const copy of Stack.of(this).node.children.filter(({ node }) => node.id.startsWith(COPY_FUNCTION))) {
      const runsOnce = 'It runs once in a deployment, and CloudFormation says whether it failed.';
      acknowledge(copy, 'Serverless-LambdaDLQ', runsOnce);
      acknowledge(copy, 'Serverless-LambdaTracing', runsOnce);
      acknowledge(copy, 'Serverless-LambdaDefaultMemorySize', 'The CDK decides it, and S3 does the copying.');
    }
  }
}

const ID = 'PilotlightWebCode';
/** The function of the CDK that copies code, once in each stack. */
const COPY_FUNCTION = 'Custom::S3ObjectCopy';
