import { relative } from 'node:path';
import { parseModelRef } from '@pilotlight/engine';
import { bundleFolder } from '@pilotlight/functions';
import { buildServerContext } from '@pilotlight/layers/internal/images/index';
import {
  describePackage,
  megabytes,
  type PackageDescription,
  readCatalog,
} from '@pilotlight/layers/internal/models/index';
import { usageError } from '../kit/errors.ts';
import { table } from '../kit/table.ts';
import type { Options } from './options.ts';

/** Writes the build context of the container's image, and says how to build it. */
export function image(options: Options): string {
  const packages = choosePackages(options);
  const context = buildServerContext({
    packages,
    bundle: bundleFolder('server').folder,
    outdir: options.output,
  });
  const folder = relative('', context.folder) || '.';
  if (options.json)
    return JSON.stringify({ ...context, folder, models: packages.map(formatPackage) }, null, 2);
  const rows = [
    ...packages.map((one) => [formatPackage(one), megabytes(one.bytes)]),
    ['server and npm packages', megabytes(context.serverBytes)],
  ];
  const sizes = table([{ title: 'IN THE IMAGE' }, { title: 'SIZE', align: 'right' }], rows);
  const notes = "What CUDA's image and the CUDA provider have comes on top.";
  return `${sizes}\n${notes}\n\ndocker build --tag pilotlight-server ${folder}`;
}

/** Describes the packages of `--models`, else those of the catalog that are for a GPU. */
function choosePackages({ models, packages, catalog }: Options): PackageDescription[] {
  const wanted = models?.map(parseModelRef) ?? readCatalog(catalog).filter(({ tier }) => tier === 'gpu');
  if (wanted.length > 0) return wanted.map((ref) => describePackage(packages, ref, { catalog, gpu: true }));
  throw usageError('The catalog has no model of tier gpu: name the models of the image with --models.');
}

const formatPackage = ({ name, version, variant }: PackageDescription): string =>
  `${name}@${version} ${variant}`;
