import { fileURLToPath } from 'node:url';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Where the sources are, and where builds go, whatever folder the CDK app runs in. */
export const paths = {
  packages: fromRoot('model-assets/packages'),
  layers: fromRoot('dist/layers'),
  images: fromRoot('dist/images'),
} as const;
