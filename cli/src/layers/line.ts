import { CLONE, PACKAGES_DEFAULT } from '../clone.ts';
import type { CommandLine, Options } from '../kit/options.ts';

const OUTPUT_DEFAULT = CLONE === undefined ? '.pilotlight/layers' : 'dist/layers';

/** What each command of `pilotlight layers` takes. */
export const OPTIONS = {
  arch: { type: 'string', value: 'ARCH', default: 'arm64', help: 'arm64 or x64' },
  models: {
    type: 'string',
    value: 'LIST',
    help: 'models, with or without a version: sentiment,intent@1.0.0',
    otherwise: 'those of the catalog; image: those of its tier gpu',
  },
  prefer: {
    type: 'string',
    value: 'PLACE',
    help: 'layer, s3 or image, for all models',
    otherwise: 'layers, and S3 for the rest',
  },
  packages: { type: 'string', value: 'DIR', help: 'folder of packages', otherwise: PACKAGES_DEFAULT },
  catalog: {
    type: 'string',
    value: 'FILE',
    help: 'what is deployed, and in which tier',
    otherwise: 'catalog.json beside the folder of packages',
  },
  output: {
    type: 'string',
    value: 'DIR',
    help: 'where build and image write',
    otherwise: OUTPUT_DEFAULT,
  },
  json: { type: 'boolean', help: 'the result as JSON' },
} as const satisfies Options;

export type LayersLine = CommandLine<typeof OPTIONS>;

export const NOTES =
  'A MB has 1,000,000 bytes. The function is counted with the 2 MB that its bundle may have.';
