/** The Lambda functions, each a folder below `functions/` with a `handler.ts`. */
export const FUNCTIONS = [
  'predict',
  'warmer',
  'authorizer',
  'batch',
  'pre-traffic-hook',
  'revision-gate',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** Every folder that can be bundled: the functions, the long-lived server that an image runs, and the same server as a web function. */
export const BUNDLES = [...FUNCTIONS, 'server', 'web'] as const;
export type BundleName = (typeof BUNDLES)[number];
