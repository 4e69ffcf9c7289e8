import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { UploadPipeline } from '../constructs/index.ts';
import { loggingOf, modelFunctionOf, removalPolicyOf } from './stack-settings.ts';

export interface BatchStackProps extends StackProps {
  readonly config: Config;
  readonly upload: NonNullable<Config['upload']>;
}

/** Files in S3 that are predicted as they arrive: bucket, queue and function. */
export class BatchStack extends Stack {
  readonly upload: UploadPipeline;

  constructor(scope: Construct, id: string, { config, upload, ...stackProps }: BatchStackProps) {
    super(scope, id, stackProps);
    const { maxConcurrency, batchSize, maxReceiveCount, inputExpirationDays, outputExpirationDays } = upload;
    this.upload = new UploadPipeline(this, 'Upload', {
      ...loggingOf(this, config),
      ...modelFunctionOf(upload, config),
      ...{ maxConcurrency, batchSize, maxReceiveCount },
      removalPolicy: removalPolicyOf(config),
      ...(inputExpirationDays !== undefined && { inputExpiration: Duration.days(inputExpirationDays) }),
      ...(outputExpirationDays !== undefined && { outputExpiration: Duration.days(outputExpirationDays) }),
    });
    const [model = ''] = this.upload.modelNames;
    new CfnOutput(this, 'Bucket', {
      value: this.upload.bucket.bucketName,
      description: `Copy files to in/<model>/, such as in/${model}/`,
    });
  }
}
