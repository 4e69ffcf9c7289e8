import { availableParallelism } from 'node:os';
import type { EngineOptions } from '@pilotlight/engine';
import type { Limits } from './api/limits.ts';
import type { Config } from './config.ts';
import { intraOpThreads } from './threads.ts';

/** What the environment says of the engine. */
export function engineOptions(config: Config): EngineOptions {
  const { PILOTLIGHT_VARIANT: variant, PILOTLIGHT_MEMORY_BUDGET_BYTES: memoryBudgetBytes } = config;
  const { PILOTLIGHT_ALLOW_SPINNING: allowSpinning, PILOTLIGHT_VERIFY: verify } = config;
  return {
    packages: config.MODELS_DIR,
    intraOpThreads:
      config.PILOTLIGHT_INTRA_OP_THREADS ??
      intraOpThreads(config.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, availableParallelism()),
    ...(variant === undefined ? {} : { variant }),
    ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
    ...(allowSpinning === undefined ? {} : { allowSpinning }),
    ...(verify === undefined ? {} : { verify }),
  };
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
