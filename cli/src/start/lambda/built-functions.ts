/** The functions of this repository as folders, with bundles and layers built as a deployment builds them. */
import { cpSync, rmSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { bundleFolder } from '@pilotlight/functions';
import {
  buildModelLayer,
  explainPlacement,
  type PackageDescription,
  type Placement,
  placeModels,
} from '@pilotlight/layers/internal/models/index';
import {
  type Architecture,
  buildRuntimeLayer,
  runtimeLayerBytes,
} from '@pilotlight/layers/internal/runtime/index';
import type { LambdaFunction } from '@pilotlight/local';
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import { buildFolder } from '../../clone.ts';
import { CliError } from '../../kit/errors.ts';

const LAYERS = buildFolder('layers');
const ARCHITECTURE: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
/** API Gateway waits no longer than this. */
const TIMEOUT_SECONDS = 29;

export type FunctionSettings = Partial<
  Pick<LambdaFunction, 'memoryMegabytes' | 'reservedConcurrency' | 'environment'>
>;

/**
 * The predict function with the layers of its native packages and its models, which it loads in its init phase.
 *
 * @throws CliError MODEL_REFUSED where a deployment would put models elsewhere than into layers
 */
export async function builtPredict(
  models: readonly PackageDescription[],
  settings: FunctionSettings = {},
): Promise<LambdaFunction & { readonly placement: Placement }> {
  const { folder: taskRoot, bytes: functionBytes } = bundleFolder('predict');
  const placement = placeModels({
    packages: models,
    functionBytes,
    runtimeLayerBytes: runtimeLayerBytes(ARCHITECTURE),
  });
  if (placement.kind !== 'layer') {
    throw new CliError(
      'MODEL_REFUSED',
      `These models do not fit into layers, and nothing else runs here; choose some with --model.\n${explainPlacement(placement)}`,
    );
  }
  const modelLayers = placement.layers.map((packages) => buildModelLayer(packages, LAYERS).folder);
  return {
    name: 'predict',
    taskRoot,
    layers: [runtimeLayer(), ...modelLayers],
    memoryMegabytes: MEGABYTES_PER_VCPU,
    timeoutSeconds: TIMEOUT_SECONDS,
    ...settings,
    environment: {
      PILOTLIGHT_MODELS_DIR: '/opt/models',
      PILOTLIGHT_PRELOAD_MODELS: models.map(({ name, version }) => `${name}@${version}`).join(','),
      // The function on AWS does the same with /opt, because Lambda has compared the hashes there.
      PILOTLIGHT_VERIFY: 'size',
      ...settings.environment,
    },
    placement,
  };
}

/** The warmer function, which finds its Lambda by AWS_ENDPOINT_URL_LAMBDA. */
export async function builtWarmer(): Promise<LambdaFunction> {
  const { folder: taskRoot } = bundleFolder('warmer');
  return { name: 'warmer', taskRoot, memoryMegabytes: 256, timeoutSeconds: 60 };
}

/** The layer has binaries for Linux, which is what Lambda is; elsewhere those of this machine take their place. */
export function runtimeLayer(): string {
  if (process.platform === 'linux') return buildRuntimeLayer(ARCHITECTURE, LAYERS).folder;
  const folder = join(LAYERS, `runtime-${process.platform}-${ARCHITECTURE}`);
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['onnxruntime-node', 'onnxruntime-common', 'tokenizers']) {
    const source = packageFolder(name);
    cpSync(source, join(folder, 'nodejs', 'node_modules', name), { recursive: true, dereference: true });
  }
  return folder;
}

/** Found as the engine finds it, because it is the engine that depends on it. */
function packageFolder(name: string): string {
  const engine = findPackageJSON('@pilotlight/engine', import.meta.url);
  const file = engine && findPackageJSON(name, engine);
  if (file !== undefined) return dirname(file);
  throw new CliError('MODEL_REFUSED', `The package ${name} is not installed.`);
}
