/** The Lambda function itself, made for where its models are placed. */

import { bundleFolder, type FunctionName, HANDLER } from '@pilotlight/functions';
import { buildFunctionContext } from '@pilotlight/layers/internal/images/index';
import type { Placement } from '@pilotlight/layers/internal/models/index';
import { Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import {
  DockerImageCode,
  DockerImageFunction,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { InfraError } from './errors.ts';
import { functionCode } from './function-code.ts';
import { RemotePackages } from './inference-function-remote.ts';
import { ModelLayers } from './model-layers.ts';
import { paths } from './paths.ts';
import { type Architecture, lambdaArchitecture, RuntimeLayer } from './runtime-layer.ts';

export interface PlacedFunctionProps {
  readonly placement: Placement;
  readonly architecture: Architecture;
  readonly role: Role;
  /** A function with the engine in it. @default 'predict' */
  readonly bundle?: FunctionName;
  /** Without what depends on the placement. */
  readonly options: FunctionOptions;
}

/** /tmp of a function that asks for nothing else, in MB. */
export const DEFAULT_EPHEMERAL_MEGABYTES = 512;

/** MB of /tmp that a placement needs. */
export function ephemeralStorageOf(placement: Placement): number {
  return placement.kind === 's3' ? placement.ephemeralStorageMegabytes : DEFAULT_EPHEMERAL_MEGABYTES;
}

/** @throws InfraError UNSUPPORTED_PLACEMENT for models that only a GPU serves */
export function placedFunction(scope: Construct, id: string, props: PlacedFunctionProps): LambdaFunction {
  const { placement } = props;
  if (placement.kind === 'gpu') {
    const models = placement.packages.map(({ name, version }) => `${name}@${version}`).join(', ');
    throw new InfraError(
      'UNSUPPORTED_PLACEMENT',
      `${models}: of tier gpu, which Lambda does not have. Serve it with a GpuBackend, or package a variant of tier lambda.`,
    );
  }
  return placement.kind === 'image'
    ? imageFunction(scope, id, props, placement)
    : zipFunction(scope, id, props, placement);
}

function imageFunction(
  scope: Construct,
  id: string,
  { architecture, options, bundle = 'predict' }: PlacedFunctionProps,
  { packages }: Extract<Placement, { kind: 'image' }>,
): LambdaFunction {
  const context = buildFunctionContext({
    packages,
    architecture,
    bundle: bundleFolder(bundle).folder,
    outdir: paths.images,
  });
  const platform = architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64;
  return new DockerImageFunction(scope, id, {
    ...options,
    architecture: lambdaArchitecture(architecture),
    code: DockerImageCode.fromImageAsset(context, { platform }),
  });
}

function zipFunction(
  scope: Construct,
  id: string,
  { placement, architecture, role, options, bundle = 'predict' }: PlacedFunctionProps,
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
    code: functionCode(bundle),
    layers: [runtime.layer, ...models.layers],
    ephemeralStorageSize: Size.mebibytes(ephemeralStorageOf(placement)),
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
