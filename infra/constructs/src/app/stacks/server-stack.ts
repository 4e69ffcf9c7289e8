import { Stack, type StackProps } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { type IInferenceServer, InferenceServer, ServerImage } from '../../index.ts';
import type { Config } from '../config/schema.ts';
import { makeLogging, resolvePackages } from './stack-settings.ts';

export interface ServerStackProps extends StackProps {
  readonly config: Config;
  readonly server: NonNullable<Config['server']>;
}

/** The server on GPU instances, with the network that it is in. */
export class ServerStack extends Stack {
  readonly instance: IInferenceServer;
  /** The models of an image that is built with the deployment; none where the configuration names an image. */
  readonly packages: ServerImage['packages'];
  /** The image that the configuration names, such as `pilotlight-server:1.0.0`. */
  readonly image: string | undefined;
  /** The models of the configuration, each with its fallback. */
  readonly models: ServerStackProps['server']['models'];

  constructor(scope: Construct, id: string, { config, server, ...stackProps }: ServerStackProps) {
    super(scope, id, stackProps);
    const { image, packages } = server.image
      ? { image: pushedImage(this, server.image), packages: [] }
      : builtImage(config, server);
    this.packages = packages;
    this.image = server.image && `${server.image.repository}:${server.image.tag}`;
    this.models = server.models;
    const { gpu, task, scaling, network, jobs } = server;
    this.instance = new InferenceServer(this, 'Server', {
      models: Object.keys(server.models),
      image,
      gpu,
      task,
      scaling,
      network,
      jobs: { ...jobs, removalPolicy: config.removalPolicy },
      logging: makeLogging(this, config),
    });
  }
}

function pushedImage(
  scope: Construct,
  { repository, tag }: NonNullable<ServerStackProps['server']['image']>,
): ContainerImage {
  return ContainerImage.fromEcrRepository(
    Repository.fromRepositoryName(scope, 'Repository', repository),
    tag,
  );
}

function builtImage(config: Config, { models, baseImages }: ServerStackProps['server']): ServerImage {
  const { cuda: cudaImage, node: nodeImage } = baseImages;
  const { folder } = resolvePackages({}, config);
  return new ServerImage({
    models: Object.keys(models),
    ...(folder !== undefined && { packagesFolder: folder }),
    ...(cudaImage !== undefined && { cudaImage }),
    ...(nodeImage !== undefined && { nodeImage }),
  });
}
