/** The Lambda function itself, made for where its models are placed. */

import { bundleFolder, HANDLER } from '@pilotlight/functions';
import { buildFunctionContext } from '@pilotlight/layers/internal/images/index';
import {
  EPHEMERAL_STORAGE,
  ephemeralStorageMegabytes,
  type PackageDescription,
  type Placement,
} from '@pilotlight/layers/internal/models/index';
import { Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import {
  Code,
  DockerImageCode,
  DockerImageFunction,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { InfraError } from '../common/errors.ts';
import { buildFolder } from '../common/paths.ts';
import { ModelLayers } from './model-layers.ts';
import { RemotePackages } from './remote-packages.ts';
import { type Architecture, lambdaArchitecture, RuntimeLayer } from './runtime-layer.ts';

export interface PlacedFunctionProps {
  readonly placement: Placement;
  /** Size of /tmp in MB. */
  readonly ephemeralStorageMegabytes: number;
  readonly architecture: Architecture;
  readonly role: Role;
  /** The folder of a function with the engine in it. @default - that of the predict function */
  readonly code?: string;
  /** The base of a container image. @default - that of the Dockerfile */
  readonly baseImage?: string | undefined;
  /** The options that do not depend on the placement. */
  readonly options: FunctionOptions;
}

/** The one that serves and the one that is to take over; a package that is deployed says how large both are. */
const VERSIONS_AT_ONCE = 2;

/** Chooses the MB of /tmp for what a placement fetches, and beside it for two versions of each package that follows a registry. */
export function chooseEphemeralStorage(
  placement: Placement,
  followed: readonly Pick<PackageDescription, 'bytes'>[] = [],
): number {
  const fetched = placement.kind === 's3' ? sumOfBytes(placement.fetched) : 0;
  const wanted = ephemeralStorageMegabytes(fetched + VERSIONS_AT_ONCE * sumOfBytes(followed));
  return Math.min(EPHEMERAL_STORAGE.maximumMegabytes, wanted);
}

const sumOfBytes = (packages: readonly Pick<PackageDescription, 'bytes'>[]): number =>
  packages.reduce((sum, { bytes }) => sum + bytes, 0);

/** @throws InfraError UNSUPPORTED_PLACEMENT for models that only a GPU serves */
export function placedFunction(scope: Construct, id: string, props: PlacedFunctionProps): LambdaFunction {
  const { placement } = props;
  if (placement.kind === 'gpu') {
    const models = placement.packages.map(({ name, version }) => `${name}@${version}`).join(', ');
    throw new InfraError(
      'UNSUPPORTED_PLACEMENT',
      `${models} has the tier gpu, which Lambda does not have. Serve it with an InferenceServer, or package a variant of tier lambda.`,
    );
  }
  return placement.kind === 'image'
    ? imageFunction(scope, id, props, placement)
    : zipFunction(scope, id, props, placement);
}

function imageFunction(
  scope: Construct,
  id: string,
  {
    architecture,
    options,
    ephemeralStorageMegabytes: megabytes,
    baseImage,
    code = bundleFolder('predict').folder,
  }: PlacedFunctionProps,
  { packages }: Extract<Placement, { kind: 'image' }>,
): LambdaFunction {
  const context = buildFunctionContext({
    packages,
    architecture,
    bundle: code,
    outdir: buildFolder('images'),
  });
  const platform = architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
  // A function does not become an image, so CloudFormation makes another, whose name is new. By an id of its own the stacks that
  // name it change too; with the id of the zip they would go on to watch the one that is gone.
  return new DockerImageFunction(scope, `Image${id}`, {
    ...options,
    ...(megabytes > EPHEMERAL_STORAGE.minimumMegabytes && {
      ephemeralStorageSize: Size.mebibytes(megabytes),
    }),
    architecture: lambdaArchitecture(architecture),
    code: DockerImageCode.fromImageAsset(context, {
      platform,
      ...(baseImage !== undefined && { buildArgs: { LAMBDA_IMAGE: baseImage } }),
    }),
  });
}

function zipFunction(
  scope: Construct,
  id: string,
  {
    ephemeralStorageMegabytes: megabytes,
    architecture,
    role,
    options,
    code = bundleFolder('predict').folder,
  }: PlacedFunctionProps,
  zipped: Extract<Placement, { kind: 'layer' | 's3' }>,
): LambdaFunction {
  const runtime = RuntimeLayer.of(scope, architecture);
  const groups = zipped.kind === 'layer' ? zipped.layers : zipped.inLayers;
  const models = new ModelLayers(scope, 'Models', { groups });
  const remote =
    zipped.kind === 's3'
      ? new RemotePackages(scope, 'RemotePackages', {
          packages: zipped.fetched,
          role,
          ...(options.environment && { beside: options.environment }),
        })
      : undefined;
  const lambda = new LambdaFunction(scope, id, {
    ...options,
    runtime: Runtime.NODEJS_24_X,
    architecture: lambdaArchitecture(architecture),
    handler: HANDLER,
    code: Code.fromAsset(code),
    layers: [runtime.layer, ...models.layers],
    ephemeralStorageSize: Size.mebibytes(megabytes),
    environment: {
      ...options.environment,
      ...(remote && { PILOTLIGHT_REMOTE_PACKAGES: remote.variable }),
    },
  });
  if (remote) lambda.node.addDependency(remote.policy);
  // A new layer has the logical name of the old one, which by itself makes no new version.
  lambda.invalidateVersionBasedOn([runtime.sha256, ...models.sha256s].join());
  return lambda;
}
