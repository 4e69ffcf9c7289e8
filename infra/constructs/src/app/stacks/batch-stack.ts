import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DistributedBatch, type LoggingProps, UploadPipeline } from '../../index.ts';
import { reservedForBatch } from '../config/concurrency.ts';
import type { Config } from '../config/schema.ts';
import { makeLogging, resolvePackages } from './stack-settings.ts';

export interface BatchStackProps extends StackProps {
  readonly config: Config;
  readonly upload: NonNullable<Config['upload']>;
}

/** Files in S3 that are predicted as they arrive: bucket, queue and function. */
export class BatchStack extends Stack {
  readonly upload: UploadPipeline;

  constructor(scope: Construct, id: string, { config, upload, ...stackProps }: BatchStackProps) {
    super(scope, id, stackProps);
    const logging = makeLogging(this, config);
    const { models, packages, lambda, queue, bucket, distributed } = upload;
    const reservedConcurrency = reservedForBatch(upload);
    this.upload = new UploadPipeline(this, 'Upload', {
      models,
      packages: resolvePackages(packages, config),
      lambda: { ...lambda, ...(reservedConcurrency !== undefined && { reservedConcurrency }) },
      queue,
      bucket: { ...bucket, removalPolicy: config.removalPolicy },
      logging,
    });
    if (distributed) this.#addBackfills(distributed, lambda.tracing, logging);
    const [model = ''] = this.upload.modelNames;
    new CfnOutput(this, 'Bucket', {
      value: this.upload.bucket.bucketName,
      description: `Copy files to in/<model>/, such as in/${model}/`,
    });
  }

  #addBackfills(settings: Distributed, tracing: boolean, logging: LoggingProps): void {
    const { stateMachine } = new DistributedBatch(this, 'Backfill', {
      ...settings,
      upload: this.upload,
      tracing,
      logging,
    });
    new CfnOutput(this, 'BackfillStateMachine', {
      value: stateMachine.stateMachineArn,
      description: 'Start it with {"key": "backfill/<model>/<file>.jsonl"}',
    });
  }
}

type Distributed = NonNullable<BatchStackProps['upload']['distributed']>;
