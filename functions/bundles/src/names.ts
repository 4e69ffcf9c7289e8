/** The Lambda functions, each a folder below `functions/` with a `handler.ts`. */
export const FUNCTIONS = ['predict', 'warmer', 'authorizer', 'batch', 'pre-traffic-hook'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** Every folder that can be bundled: the functions, and the long-lived server that an image runs. */
export const BUNDLES = [...FUNCTIONS, 'server'] as const;
export type BundleName = (typeof BUNDLES)[number];
