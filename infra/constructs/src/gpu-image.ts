import { bundleFolder } from '@pilotlight/functions';
import { buildServerContext } from '@pilotlight/layers/internal/images/index';
import { describePackage, type PackageDescription } from '@pilotlight/layers/internal/models/index';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { paths } from './paths.ts';

export interface GpuImageProps {
  /** Models that the image has, by name or by name and version. */
  readonly models: readonly string[];
  /** Folder of model packages. @default - `model-assets/packages` of Pilotlight */
  readonly packagesFolder?: string;
  /** Base image with CUDA 12 and cuDNN 9, such as a copy in a registry of your own. @default - that of the Dockerfile */
  readonly cudaImage?: string;
  /** Image with Node 24. @default - that of the Dockerfile */
  readonly nodeImage?: string;
}

/** The server with its models as an image. `cdk synth` writes what goes into it; Docker builds it when it is deployed. */
export class GpuImage {
  readonly image: ContainerImage;
  /** Each with the variant that is served on a GPU. */
  readonly packages: readonly PackageDescription[];

  /** @throws EngineError for a package that is missing or damaged; LayerError for an npm package that is */
  constructor({ models, packagesFolder = paths.packages, cudaImage, nodeImage }: GpuImageProps) {
    this.packages = models.map((ref) => {
      const [name = ref, version] = ref.split('@');
      return describePackage(
        packagesFolder,
        { name, ...(version !== undefined && { version }) },
        { gpu: true },
      );
    });
    const { folder } = buildServerContext({
      packages: this.packages,
      bundle: bundleFolder('server').folder,
      outdir: paths.images,
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
