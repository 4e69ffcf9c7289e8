import { EcsManagedInstancesBackend, type GpuBackend, GpuImage } from '@pilotlight/constructs';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { loggingOf, packagesFolderOf, removalPolicyOf } from './stack-settings.ts';

export interface GpuStackProps extends StackProps {
  readonly config: Config;
  readonly gpu: NonNullable<Config['gpu']>;
}

/** A container on GPU instances, with the network that it is in. */
export class GpuStack extends Stack {
  readonly backend: GpuBackend;
  /** Models of the image, where it is built with the deployment; none where the configuration names one. */
  readonly packages: GpuImage['packages'];
  /** The image that the configuration names, such as `pilotlight-gpu:1.0.0`. */
  readonly image: string | undefined;
  /** As the configuration has them. */
  readonly models: GpuStackProps['gpu']['models'];

  constructor(scope: Construct, id: string, { config, gpu, ...stackProps }: GpuStackProps) {
    super(scope, id, stackProps);
    const { instanceTypes, spot, minTasks, maxTasks, jobsPerTask, requestsPerTask, network, environment } =
      gpu;
    const { image, packages } = gpu.image
      ? { image: pushedImage(this, gpu.image), packages: [] }
      : builtImage(config, gpu);
    this.packages = packages;
    this.image = gpu.image && `${gpu.image.repository}:${gpu.image.tag}`;
    this.models = gpu.models;
    this.backend = new EcsManagedInstancesBackend(this, 'Gpu', {
      ...loggingOf(this, config),
      ...{ instanceTypes, spot, minTasks, maxTasks, jobsPerTask, requestsPerTask, network, environment },
      models: Object.keys(gpu.models),
      image,
      maxJobAge: Duration.minutes(gpu.maxJobAgeMinutes),
      idleAfter: Duration.minutes(gpu.idleAfterMinutes),
      scaleInAfter: Duration.minutes(gpu.scaleInAfterMinutes),
      resultExpiration: Duration.days(gpu.resultExpirationDays),
      removalPolicy: removalPolicyOf(config),
    });
  }
}

function pushedImage(
  scope: Construct,
  { repository, tag }: NonNullable<GpuStackProps['gpu']['image']>,
): ContainerImage {
  return ContainerImage.fromEcrRepository(
    Repository.fromRepositoryName(scope, 'Repository', repository),
    tag,
  );
}

function builtImage(config: Config, { models, baseImages }: GpuStackProps['gpu']): GpuImage {
  const { cuda: cudaImage, node: nodeImage } = baseImages;
  return new GpuImage({
    models: Object.keys(models),
    ...packagesFolderOf(config),
    ...(cudaImage !== undefined && { cudaImage }),
    ...(nodeImage !== undefined && { nodeImage }),
  });
}
