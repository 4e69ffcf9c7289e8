import { DistributedBatch, type LoggingProps, UploadPipeline } from '@pilotlight/constructs';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
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
    const logging = loggingOf(this, config);
    this.upload = new UploadPipeline(this, 'Upload', {
      ...logging,
      ...modelFunctionOf(upload, config),
      ...{ maxConcurrency, batchSize, maxReceiveCount },
      removalPolicy: removalPolicyOf(config),
      ...(inputExpirationDays !== undefined && { inputExpiration: Duration.days(inputExpirationDays) }),
      ...(outputExpirationDays !== undefined && { outputExpiration: Duration.days(outputExpirationDays) }),
    });
    if (upload.distributed) this.addBackfills(upload.distributed, upload.tracing, logging);
    const [model = ''] = this.upload.modelNames;
    new CfnOutput(this, 'Bucket', {
      value: this.upload.bucket.bucketName,
      description: `Copy files to in/<model>/, such as in/${model}/`,
    });
  }
  private addBackfills(settings: Distributed, tracing: boolean, logging: LoggingProps): void {
    const { stateMachine } = new DistributedBatch(this, 'Backfill', {
      ...logging,
      ...settings,
      ...{ tracing, upload: this.upload },
    });
    new CfnOutput(this, 'BackfillStateMachine', {
      value: stateMachine.stateMachineArn,
      description: 'Start it with {"key": "backfill/<model>/<file>.jsonl"}',
    });
  }
}

type Distributed = NonNullable<BatchStackProps['upload']['distributed']>;
