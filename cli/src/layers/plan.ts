import { parseModelRef } from '@pilotlight/engine';
import {
  describePackage,
  explainPlacement,
  type PackageDescription,
  type Placement,
  placeModels,
  readCatalog,
} from '@pilotlight/layers/internal/models/index';
import { runtimeLayerBytes } from '@pilotlight/layers/internal/runtime/index';
import type { Options } from './options.ts';

/** The largest size of a function's bundle: a plan holds for every smaller one. */
const FUNCTION_BYTES = 2_000_000;

/** The placement of the models in functions, and of those in the GPU container. */
export function plan(options: Options): string {
  const placements = planPlacements(options);
  if (options.json) return JSON.stringify(placements, null, 2);
  return placements.map(explainPlacement).join('\n\n');
}

/** Models of the tier `gpu` share no function with the others, so theirs is a placement of its own. */
export function planPlacements(options: Options): Placement[] {
  const { architecture, prefer } = options;
  const packages = choosePackages(options);
  const onGpu = packages.filter(({ tier }) => tier === 'gpu');
  const onLambda = packages.filter(({ tier }) => tier === 'lambda');
  const sizes = { functionBytes: FUNCTION_BYTES, runtimeLayerBytes: runtimeLayerBytes(architecture) };
  const wish = prefer === undefined ? {} : { prefer };
  return [
    placeModels({ packages: onLambda, ...sizes, ...wish }),
    ...(onGpu.length > 0 ? [placeModels({ packages: onGpu, ...sizes })] : []),
  ];
}

/** Describes the packages of `--models`, else those of the catalog. */
function choosePackages({ models, packages, catalog }: Options): PackageDescription[] {
  const wanted = models === undefined ? readCatalog(catalog) : models.map(parseModelRef);
  return wanted.map((ref) => describePackage(packages, ref, { catalog }));
}
