/** Where the models of one function are put, decided from their sizes. See ADR-placement.md. */
import { sumOfBytes } from '@pilotlight/model-format';
import type { PackageDescription } from './describe.ts';
import { groupBySize } from './group.ts';
import { ephemeralStorageMegabytes, MODEL_LAYERS, roomsBeside } from './limits.ts';
import {
  impossible,
  mixedTiers,
  needsServer,
  notOnLambda,
  overfullFunction,
  refused,
  twice,
} from './refusals.ts';

export const PREFERENCES = ['layer', 's3', 'image'] as const;
export type Preference = (typeof PREFERENCES)[number];

export interface PlacementProps {
  readonly packages: readonly PackageDescription[];
  /** Unzipped bytes of the function's own code. */
  readonly functionBytes: number;
  /** Unzipped bytes of the layer of native packages. */
  readonly runtimeLayerBytes: number;
  /** Where all models are to go. @default - layers, and S3 for those that do not fit into them */
  readonly prefer?: Preference;
}

export type Placement = {
  readonly functionBytes: number;
  readonly runtimeLayerBytes: number;
} & (
  | { readonly kind: 'layer'; readonly layers: PackageDescription[][] }
  | {
      readonly kind: 's3';
      readonly inLayers: PackageDescription[][];
      /** Packages that are fetched from S3 to /tmp when the model is first opened. */
      readonly fetched: PackageDescription[];
      /** The size of /tmp in Lambda's MB, of 1,048,576 bytes. */
      readonly ephemeralStorageMegabytes: number;
    }
  | { readonly kind: 'image'; readonly packages: PackageDescription[] }
  | { readonly kind: 'gpu'; readonly packages: PackageDescription[] }
);

/**
 * Decides where models go. The order of the packages does not matter.
 *
 * @throws LayerError PLACEMENT_REFUSED, PLACEMENT_IMPOSSIBLE, with the sizes and what can be done instead
 */
export function placeModels(props: PlacementProps): Placement {
  const { functionBytes, runtimeLayerBytes, prefer } = props;
  const beside = { functionBytes, runtimeLayerBytes };
  const packages = [...props.packages].sort(largestFirst);
  refuseTwice(packages);
  const homeless = packages.filter(({ runtime, tier }) => runtime !== undefined && tier !== 'gpu');
  if (homeless.length > 0) throw needsServer(homeless);
  if (packages.some(({ tier }) => tier === 'gpu')) return { ...beside, ...onGpu(packages, prefer) };

  const rooms = roomsBeside(functionBytes + runtimeLayerBytes);
  if (rooms.layer === 0 && prefer !== 'image') throw overfullFunction(functionBytes, runtimeLayerBytes);
  const bytes = sumOfBytes(packages);
  if (prefer !== undefined && bytes > rooms[prefer]) throw refused(packages, prefer, rooms);
  if (prefer === 'image') return { ...beside, kind: 'image', packages };
  if (prefer === 's3') return { ...beside, ...fetching([], packages) };

  const kept = largestWithin(packages, rooms.layer);
  if (kept.length === packages.length)
    return { ...beside, kind: 'layer', layers: divideIntoLayers(packages) };
  const fetched = packages.filter((candidate) => !kept.includes(candidate));
  if (sumOfBytes(fetched) <= rooms.s3) return { ...beside, ...fetching(kept, fetched) };
  throw impossible(packages, rooms);
}

export const formatId = ({ name, version }: PackageDescription): string => `${name}@${version}`;

function largestFirst(left: PackageDescription, right: PackageDescription): number {
  return right.bytes - left.bytes || (formatId(left) < formatId(right) ? -1 : 1);
}

function refuseTwice(packages: readonly PackageDescription[]): void {
  const ids = packages.map(formatId);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw twice(repeated);
}

function onGpu(packages: PackageDescription[], prefer?: Preference) {
  if (prefer !== undefined) throw notOnLambda(packages, prefer);
  if (packages.some(({ tier }) => tier !== 'gpu')) throw mixedTiers(packages);
  return { kind: 'gpu', packages } as const;
}

function fetching(kept: PackageDescription[], fetched: PackageDescription[]) {
  return {
    kind: 's3',
    inLayers: divideIntoLayers(kept),
    fetched,
    ephemeralStorageMegabytes: ephemeralStorageMegabytes(sumOfBytes(fetched)),
  } as const;
}

/** Takes each package that still fits, largest first, so that few bytes are left to fetch. */
function largestWithin(packages: readonly PackageDescription[], room: number): PackageDescription[] {
  let left = room;
  return packages.filter(({ bytes }) => {
    const fits = bytes <= left;
    if (fits) left -= bytes;
    return fits;
  });
}

/** Gives each package a layer of its own, or groups them if there are more packages than layers. */
function divideIntoLayers(packages: readonly PackageDescription[]): PackageDescription[][] {
  return packages.length <= MODEL_LAYERS
    ? packages.map((description) => [description])
    : groupBySize(packages, MODEL_LAYERS);
}
