/** Placements that are not possible, each in one line with the sizes and what to do instead. */

import { sumOfBytes } from '@pilotlight/model-format';
import { LayerError } from '../archive/errors.ts';
import { megabytes } from '../archive/files.ts';
import type { PackageDescription } from './describe.ts';
import { type Rooms, UNZIPPED_LIMIT_BYTES } from './limits.ts';

type Packages = readonly PackageDescription[];

export function refused(packages: Packages, prefer: keyof Rooms, rooms: Rooms): LayerError {
  return new LayerError(
    'PLACEMENT_REFUSED',
    `Placement '${prefer}' is refused: the models have ${megabytes(sumOfBytes(packages))} (${listed(packages)}), ` +
      `and there is room for ${megabytes(rooms[prefer])}. Leave the placement out to have it chosen, ` +
      'or divide the models among functions.',
    { details: { bytes: sumOfBytes(packages), room: rooms[prefer] } },
  );
}

export function impossible(packages: Packages, rooms: Rooms): LayerError {
  return new LayerError(
    'PLACEMENT_IMPOSSIBLE',
    `The models fit nowhere: they have ${megabytes(sumOfBytes(packages))} (${listed(packages)}); layers have room for ` +
      `${megabytes(rooms.layer)}, /tmp for ${megabytes(rooms.s3)} fetched from S3, an image for ${megabytes(rooms.image)}. ` +
      "Divide them among functions, package a smaller variant (int8), or give them the tier 'gpu' in the catalog.",
    { details: { bytes: sumOfBytes(packages), ...rooms } },
  );
}

export function overfullFunction(functionBytes: number, runtimeLayerBytes: number): LayerError {
  return new LayerError(
    'PLACEMENT_IMPOSSIBLE',
    `Function (${megabytes(functionBytes)}) and runtime layer (${megabytes(runtimeLayerBytes)}) alone reach the ` +
      `${megabytes(UNZIPPED_LIMIT_BYTES)} that Lambda takes unzipped. Make the function smaller, or choose placement 'image'.`,
    { details: { functionBytes, runtimeLayerBytes } },
  );
}

export function notOnLambda(packages: Packages, prefer: keyof Rooms): LayerError {
  return new LayerError(
    'PLACEMENT_REFUSED',
    `Placement '${prefer}' is refused: ${listed(onGpu(packages))} has the tier 'gpu', which no function serves. ` +
      "Leave the placement out, or give it the tier 'lambda' in the catalog.",
  );
}

export function mixedTiers(packages: Packages): LayerError {
  return new LayerError(
    'PLACEMENT_REFUSED',
    `Models of two tiers cannot share a function: ${listed(onGpu(packages))} has the tier 'gpu', ` +
      `${listed(packages.filter(({ tier }) => tier !== 'gpu'))} has not. Put them into functions of their own.`,
  );
}

export function needsServer(packages: Packages): LayerError {
  return new LayerError(
    'PLACEMENT_REFUSED',
    `No function can serve ${listed(packages)}: transformers.js runs it, which no layer has. ` +
      "Give it the tier 'gpu' in the catalog: the server has transformers.js.",
  );
}

export function twice(id: string): LayerError {
  return new LayerError('PLACEMENT_REFUSED', `Model ${id} is there twice. Name it once.`);
}

const onGpu = (packages: Packages) => packages.filter(({ tier }) => tier === 'gpu');

/** `big@1.0.0 310.2 MB, small@2.0.0 4.1 MB` */
function listed(packages: Packages): string {
  return packages.map(({ name, version, bytes }) => `${name}@${version} ${megabytes(bytes)}`).join(', ');
}
