import { CrossStackReferences, Duration, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { EcsManagedInstancesBackend, type GpuBackend } from '../constructs/index.ts';
import { loggingOf, removalPolicyOf } from './stack-settings.ts';

export interface GpuStackProps extends StackProps {
  readonly config: Config;
  readonly gpu: NonNullable<Config['gpu']>;
}

/** A container on GPU instances, with the network that it is in. */
export class GpuStack extends Stack {
  readonly backend: GpuBackend;

  constructor(scope: Construct, id: string, { config, gpu, ...stackProps }: GpuStackProps) {
    super(scope, id, stackProps);
    const { image, models: _, idleAfterMinutes, resultExpirationDays, ...settings } = gpu;
    const repository = Repository.fromRepositoryName(this, 'Repository', image.repository);
    this.backend = new EcsManagedInstancesBackend(this, 'Gpu', {
      ...loggingOf(this, config),
      ...settings,
      image: ContainerImage.fromEcrRepository(repository, image.tag),
      idleAfter: Duration.minutes(idleAfterMinutes),
      resultExpiration: Duration.days(resultExpirationDays),
      removalPolicy: removalPolicyOf(config),
    });
    // Exported and imported: routes of the API must not lead to a listener that is gone.
    CrossStackReferences.of(this.backend.listener).produce(ReferenceStrength.STRONG);
    CrossStackReferences.of(this.backend.vpcLink).produce(ReferenceStrength.STRONG);
  }
}
