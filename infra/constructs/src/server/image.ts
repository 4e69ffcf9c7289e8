import { bundleFolder } from '@pilotlight/functions';
import { buildServerContext } from '@pilotlight/layers/internal/images/index';
import type { PackageDescription } from '@pilotlight/layers/internal/models/index';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { describeModels } from '../common/describe-models.ts';
import { buildFolder, defaultPackagesFolder } from '../common/paths.ts';

export interface ServerImageProps {
  /** Models that the image has, by name or by name and version. */
  readonly models: readonly string[];
  /** Folder of model packages. @default - `model-assets/packages` of Pilotlight */
  readonly packagesFolder?: string;
  /** Base image with CUDA 12 and cuDNN 9, such as a copy in a registry of your own. @default - that of the Dockerfile */
  readonly cudaImage?: string;
  /** Settings of the servers: variants that their rules lead to are in the image, too. @default - there are none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether servers follow a registry: rules may then lead to versions that the image does not have. @default false */
  readonly followed?: boolean;
  /** Image with Node 24. @default - that of the Dockerfile */
  readonly nodeImage?: string;
}

/** The server with its models as an image. `cdk synth` writes what goes into it; Docker builds it when it is deployed. */
export class ServerImage {
  readonly image: ContainerImage;
  /** Each with the variant that is served on a GPU. */
  readonly packages: readonly PackageDescription[];

  /** @throws EngineError for a package that is missing or damaged; LayerError for an npm package that is */
  constructor(props: ServerImageProps) {
    const { models, packagesFolder = defaultPackagesFolder(), cudaImage, nodeImage } = props;
    const { environment = {}, followed = false } = props;
    this.packages = describeModels(packagesFolder, models, { gpu: true, environment, followed });
    const { folder } = buildServerContext({
      packages: this.packages,
      bundle: bundleFolder('server').folder,
      outdir: buildFolder('images'),
    });
    this.image = ContainerImage.fromAsset(folder, {
      platform: Platform.LINUX_AMD64,
      buildArgs: {
        ...(cudaImage !== undefined && { CUDA_IMAGE: cudaImage }),
        ...(nodeImage !== undefined && { NODE_IMAGE: nodeImage }),
      },
    });
  }
}
