import { availableParallelism } from 'node:os';
import type { EngineOptions } from '@pilotlight/engine';
import type { Limits } from './api/limits.ts';
import type { Config } from './config.ts';
import { intraOpThreads } from './threads.ts';

/** What the environment says of the engine. */
export function engineOptions(config: Config): EngineOptions {
  const { PILOTLIGHT_VARIANT: variant, PILOTLIGHT_MEMORY_BUDGET_BYTES: memoryBudgetBytes } = config;
  const { PILOTLIGHT_ALLOW_SPINNING: allowSpinning } = config;
  return {
    packages: config.MODELS_DIR,
    intraOpThreads:
      config.PILOTLIGHT_INTRA_OP_THREADS ??
      intraOpThreads(config.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, availableParallelism()),
    ...(variant === undefined ? {} : { variant }),
    ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
    ...(allowSpinning === undefined ? {} : { allowSpinning }),
    verify: config.PILOTLIGHT_VERIFY ?? (isLayer(config.MODELS_DIR) ? 'size' : 'sha256'),
  };
}

/** A Lambda layer is mounted there: read-only, and verified by its hash before it is. */
function isLayer(folder: string): boolean {
  return folder.startsWith('/opt/');
}

/** What the environment says of the limits of the HTTP app. */
export function limitsOf(config: Config): Limits {
  return {
    maxBodyBytes: config.PILOTLIGHT_MAX_BODY_BYTES,
    maxInputs: config.PILOTLIGHT_MAX_INPUTS,
    maxConcurrentRequests: config.PILOTLIGHT_MAX_CONCURRENT_REQUESTS,
    maxJsonDepth: config.PILOTLIGHT_MAX_JSON_DEPTH,
  };
}
