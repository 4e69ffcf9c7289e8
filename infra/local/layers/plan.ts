import { parseModelRef } from '@pilotlight/engine';
import {
  type CatalogEntry,
  describePackage,
  explainPlacement,
  type PackageDescription,
  type Placement,
  placeModels,
  readCatalog,
} from '../../../layers/models/index.ts';
import { runtimeLayerBytes } from '../../../layers/runtime/index.ts';
import type { Options } from './options.ts';

/** What the bundle of a function may have: a plan holds for any that is smaller. */
const FUNCTION_BYTES = 2_000_000;

/** The placement of the models in functions, and of those in the GPU container. */
export function plan(options: Options): string {
  const placements = placementsOf(options);
  if (options.json) return JSON.stringify(placements, null, 2);
  return placements.map(explainPlacement).join('\n\n');
}

/** Models of the tier `gpu` share no function with the others, so theirs is a placement of its own. */
export function placementsOf(options: Options): Placement[] {
  const { architecture, prefer } = options;
  const packages = packagesOf(options);
  const onGpu = packages.filter(({ tier }) => tier === 'gpu');
  const onLambda = packages.filter(({ tier }) => tier === 'lambda');
  const sizes = { functionBytes: FUNCTION_BYTES, runtimeLayerBytes: runtimeLayerBytes(architecture) };
  const wish = prefer === undefined ? {} : { prefer };
  return [
    placeModels({ packages: onLambda, ...sizes, ...wish }),
    ...(onGpu.length > 0 ? [placeModels({ packages: onGpu, ...sizes })] : []),
  ];
}

/** Those of `--models`, else those of the catalog; the tier is the catalog's either way, where it has the model. */
function packagesOf({ models, packages, catalog }: Options): PackageDescription[] {
  const entries = readCatalog(catalog);
  const wanted = models === undefined ? entries : models.map(parseModelRef);
  return wanted.map((ref) => {
    const entry = entries.find((known) => isOf(known, ref));
    return describePackage(packages, ref, entry === undefined ? {} : { tier: entry.tier });
  });
}

function isOf(
  entry: CatalogEntry,
  { name, version = entry.version }: { name: string; version?: string },
): boolean {
  return entry.name === name && entry.version === version;
}
