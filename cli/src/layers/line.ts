import { CLONE, PACKAGES_DEFAULT } from '../clone.ts';
import type { CommandLine, Options } from '../kit/options.ts';

const OUTPUT_DEFAULT = CLONE === undefined ? '.pilotlight/layers' : 'dist/layers';

/** The options of each command of `pilotlight layers`. */
export const OPTIONS = {
  arch: {
    type: 'string',
    value: 'ARCH',
    default: 'arm64',
    help: 'architecture of the functions: arm64 or x64',
  },
  models: {
    type: 'string',
    value: 'LIST',
    help: 'models, with or without a version: sentiment,intent@1.0.0',
    otherwise: 'those of the catalog; for image: those of its tier gpu',
  },
  prefer: {
    type: 'string',
    value: 'PLACE',
    help: 'place for all models: layer, s3 or image',
    otherwise: 'layers, and S3 for the rest',
  },
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
  catalog: {
    type: 'string',
    value: 'FILE',
    help: 'file that lists the deployed models and their tiers',
    otherwise: 'catalog.json beside the folder of packages',
  },
  output: {
    type: 'string',
    value: 'DIR',
    help: 'folder that build and image write to',
    otherwise: OUTPUT_DEFAULT,
  },
  json: { type: 'boolean', help: 'print the result as JSON' },
} as const satisfies Options;

export type LayersLine = CommandLine<typeof OPTIONS>;

export const NOTES =
  'One MB is 1,000,000 bytes. The plan counts 2 MB for the function, the largest size of its bundle.';
