import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DistributedBatch, type LoggingProps, UploadPipeline } from '../../index.ts';
import { reservedForBatch } from '../config/concurrency.ts';
import type { Config } from '../config/schema.ts';
import { makeLogging, resolvePackages } from './stack-settings.ts';

export interface BatchStackProps extends StackProps {
  readonly config: Config;
  readonly metricsNamespace: string;
  readonly upload: NonNullable<Config['upload']>;
}

/** Files in S3 that are predicted as they arrive: bucket, queue and function. */
export class BatchStack extends Stack {
  readonly upload: UploadPipeline;
  readonly backfill: DistributedBatch | undefined;

  constructor(
    scope: Construct,
    id: string,
    { config, metricsNamespace, upload, ...stackProps }: BatchStackProps,
  ) {
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
      metricsNamespace,
      logging,
    });
    this.backfill = distributed && this.#addBackfills(distributed, lambda.tracing, logging);
    const [model = ''] = this.upload.modelNames;
    new CfnOutput(this, 'Bucket', {
      value: this.upload.bucket.bucketName,
      description: `Copy files to in/<model>/, such as in/${model}/`,
    });
  }

  #addBackfills(settings: Distributed, tracing: boolean, logging: LoggingProps): DistributedBatch {
    const backfill = new DistributedBatch(this, 'Backfill', {
      ...settings,
      upload: this.upload,
      tracing,
      logging,
    });
    new CfnOutput(this, 'BackfillStateMachine', {
      value: backfill.stateMachine.stateMachineArn,
      description: 'Start it with {"key": "backfill/<model>/<file>.jsonl"}',
    });
    return backfill;
  }
}

type Distributed = NonNullable<BatchStackProps['upload']['distributed']>;
