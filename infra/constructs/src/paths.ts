import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ABOVE = resolve(import.meta.dirname, '../../..');
/** In a clone the models and the builds are of the clone, whatever folder the CDK app runs in. */
const CLONE = existsSync(join(ABOVE, 'model-assets/packages')) ? ABOVE : undefined;

const inBuildFolder = (path: string): string =>
  CLONE === undefined ? resolve('.pilotlight', path) : join(CLONE, 'dist', path);

/** Where model packages are, and where builds go. An app that installed this package has both in the folder it runs in. */
export const paths = {
  packages: CLONE === undefined ? resolve('models') : join(CLONE, 'model-assets/packages'),
  layers: inBuildFolder('layers'),
  images: inBuildFolder('images'),
} as const;
