import { Stack, type StackProps } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { givenVpc } from '../../common/given-vpc.ts';
import { type IInferenceServer, InferenceServer, ServerImage } from '../../index.ts';
import type { ServerNetworkChoice } from '../../server/network.ts';
import type { NetworkSettings } from '../../server/schema.ts';
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
  /** The most instances that run at once, of which an account may have no quota. */
  readonly instances: { readonly most: number; readonly types: readonly string[]; readonly spot: boolean };

  readonly #zones: readonly string[] | undefined;

  constructor(scope: Construct, id: string, { config, server, ...stackProps }: ServerStackProps) {
    super(scope, id, stackProps);
    this.#zones = zonesOf(server.network);
    const { image, packages } = server.image
      ? { image: pushedImage(this, server.image), packages: [] }
      : builtImage(config, server);
    this.packages = packages;
    this.image = server.image && `${server.image.repository}:${server.image.tag}`;
    this.models = server.models;
    const { instanceTypes: types, spot } = server.gpu;
    this.instances = { most: server.scaling.maxTasks, types, spot };
    const { gpu, task, scaling, network, jobs } = server;
    this.instance = new InferenceServer(this, 'Server', {
      models: Object.keys(server.models),
      image,
      gpu,
      task,
      scaling,
      network: chooseNetwork(this, network),
      // The default function hands requests over to the others.
      callersInvoke: Object.keys(config.functions).length > 1,
      jobs: { ...jobs, removalPolicy: config.removalPolicy },
      logging: makeLogging(this, config),
    });
  }

  /** The CDK looks zones up in the account, if nobody names them. */
  override get availabilityZones(): string[] {
    return this.#zones ? [...this.#zones] : super.availabilityZones;
  }
}

/** The zones that the configuration names, which need not be looked up in the account. */
const zonesOf = (network: NetworkSettings): readonly string[] | undefined =>
  network.kind === 'given' ? Object.keys(network.subnets) : network.zones;

function chooseNetwork(scope: Construct, network: NetworkSettings): ServerNetworkChoice {
  return network.kind === 'given' ? { kind: 'given', vpc: givenVpc(scope, network) } : network;
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

function builtImage(config: Config, { models, baseImages, task }: ServerStackProps['server']): ServerImage {
  const { cuda: cudaImage, node: nodeImage } = baseImages;
  const { folder } = resolvePackages({}, config);
  return new ServerImage({
    models: Object.keys(models),
    environment: task.environment,
    followed: task.registry !== undefined,
    ...(folder !== undefined && { packagesFolder: folder }),
    ...(cudaImage !== undefined && { cudaImage }),
    ...(nodeImage !== undefined && { nodeImage }),
  });
}
