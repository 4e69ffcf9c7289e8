/** The Lambda functions, each a folder below `functions/` with a `handler.ts`. */
export const FUNCTIONS = ['predict', 'warmer', 'authorizer', 'batch', 'pre-traffic-hook'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];
