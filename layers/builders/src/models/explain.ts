import { sumOfBytes } from '@pilotlight/model-format';
import { megabytes } from '../archive/files.ts';
import type { PackageDescription } from './describe.ts';
import { IMAGE_LIMIT_BYTES, UNZIPPED_LIMIT_BYTES } from './limits.ts';
import type { Placement } from './place.ts';

type Row = readonly [what: string, size: string, where: string];

/** Formats a table of what goes where, with sizes in MB (1,000,000 bytes) and what is left of Lambda's limit. */
export function explainPlacement(placement: Placement): string {
  const rows = [...modelRows(placement), ...ownRows(placement)];
  return [table([['what', 'size', 'where'], ...rows]), ...notes(placement)].join('\n');
}

function modelRows(placement: Placement): Row[] {
  const row = (where: string) => (description: PackageDescription) =>
    [formatLabel(description), megabytes(description.bytes), where] as const;
  const layerRows = (layers: readonly (readonly PackageDescription[])[]) =>
    layers.flatMap((packages, index) => packages.map(row(`layer ${index + 1}`)));
  switch (placement.kind) {
    case 'layer':
      return layerRows(placement.layers);
    case 's3':
      return [...layerRows(placement.inLayers), ...placement.fetched.map(row('S3, fetched to /tmp'))];
    case 'image':
      return placement.packages.map(row('image'));
    case 'gpu':
      return placement.packages.map(row('server'));
  }
}

function ownRows({ kind, functionBytes, runtimeLayerBytes }: Placement): Row[] {
  if (kind === 'gpu') return [];
  const inImage = kind === 'image';
  return [
    ['onnxruntime, tokenizers', megabytes(runtimeLayerBytes), inImage ? 'image' : 'runtime layer'],
    ['function', megabytes(functionBytes), inImage ? 'image' : 'function'],
  ];
}

function notes(placement: Placement): string[] {
  const own = placement.functionBytes + placement.runtimeLayerBytes;
  const unzipped = (packages: readonly PackageDescription[]) =>
    `Function and layers: ${megabytes(own + sumOfBytes(packages))} of ${megabytes(UNZIPPED_LIMIT_BYTES)} unzipped.`;
  switch (placement.kind) {
    case 'layer':
      return [unzipped(placement.layers.flat())];
    case 's3': {
      const fetched = megabytes(sumOfBytes(placement.fetched));
      const storage = `${placement.ephemeralStorageMegabytes} MB of ephemeral storage`;
      return [
        unzipped(placement.inLayers.flat()),
        `Fetched at the first use of each model: ${fetched}, into ${storage}.`,
      ];
    }
    case 'image':
      return [
        `Image: ${megabytes(own + sumOfBytes(placement.packages))} of ${megabytes(IMAGE_LIMIT_BYTES)}, and what the base image has.`,
      ];
    case 'gpu':
      return [];
  }
}

function formatLabel({ name, version, variant }: PackageDescription): string {
  return `${name}@${version} ${variant}`;
}

function table(rows: readonly Row[]): string {
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [widest, longest] = [width(0), width(1)];
  return rows
    .map(([what, size, where]) => `${what.padEnd(widest)}  ${size.padStart(longest)}  ${where}`)
    .join('\n');
}
