import { availableParallelism } from 'node:os';
import { type EngineOptions, FolderStore, JoinedStore, type PackageStore, S3Store } from '@pilotlight/engine';
import type { Limits } from '../http/limits.ts';
import type { Config } from './config.ts';
import { choosePacking } from './packing.ts';
import { intraOpThreads } from './threads.ts';

/** Reads the options of the engine from the settings. */
export function engineOptions(config: Config): EngineOptions {
  const { PILOTLIGHT_VARIANT: variant, PILOTLIGHT_MEMORY_BUDGET_BYTES: memoryBudgetBytes } = config;
  const { PILOTLIGHT_ALLOW_SPINNING: allowSpinning, PILOTLIGHT_ANSWER_CACHE_MB: answerCacheMegabytes } =
    config;
  const { PILOTLIGHT_SIGNED_BY: signedBy } = config;
  const verify = chooseVerify(config);
  return {
    ...(signedBy !== undefined && { signedBy }),
    packages: choosePackages(config, verify),
    intraOpThreads:
      config.PILOTLIGHT_INTRA_OP_THREADS ??
      intraOpThreads(config.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, availableParallelism()),
    ...(variant === undefined ? {} : { variant }),
    ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
    ...(allowSpinning === undefined ? {} : { allowSpinning }),
    packing: choosePacking(config),
    ...(answerCacheMegabytes === undefined ? {} : { answerCacheBytes: answerCacheMegabytes * 1e6 }),
    ...generationOptions(config),
    verify,
  };
}

function generationOptions(
  config: Config,
): Pick<EngineOptions, 'generationSlots' | 'generationCacheBytes' | 'generationPrefixBytes'> {
  const { PILOTLIGHT_GENERATION_SLOTS: slots, PILOTLIGHT_GENERATION_CACHE_MB: megabytes } = config;
  const { PILOTLIGHT_GENERATION_PREFIX_MB: prefixMegabytes } = config;
  return {
    ...(slots !== undefined && { generationSlots: slots }),
    ...(megabytes !== undefined && { generationCacheBytes: megabytes * 1e6 }),
    ...(prefixMegabytes !== undefined && { generationPrefixBytes: prefixMegabytes * 1e6 }),
  };
}

/** The packages of a deployment, without those of a registry. */
export function basePackages(config: Config): PackageStore {
  const verify = chooseVerify(config);
  const packages = choosePackages(config, verify);
  return typeof packages === 'string' ? new FolderStore(packages, { verify }) : packages;
}

/** The folder of packages, and what is fetched from a bucket beside it. */
function choosePackages(config: Config, verify: 'sha256' | 'size'): EngineOptions['packages'] {
  const {
    PILOTLIGHT_REMOTE_PACKAGES: remote,
    PILOTLIGHT_REMOTE_FOLDER: folder,
    PILOTLIGHT_MODELS_DIR,
  } = config;
  if (!remote) return PILOTLIGHT_MODELS_DIR;
  return new JoinedStore([
    new FolderStore(PILOTLIGHT_MODELS_DIR, { verify }),
    new S3Store({ ...remote, folder }),
  ]);
}

/** A signature is of the sums of the files: where one is asked for, they are compared. */
function chooseVerify(config: Config): 'sha256' | 'size' {
  if (config.PILOTLIGHT_SIGNED_BY !== undefined) return 'sha256';
  return config.PILOTLIGHT_VERIFY ?? (isLayer(config.PILOTLIGHT_MODELS_DIR) ? 'size' : 'sha256');
}

/** A Lambda layer is mounted there: read-only, and verified by its hash before it is. */
function isLayer(folder: string): boolean {
  return folder.startsWith('/opt/');
}

/** Reads the limits of the HTTP app from the settings. */
export function readLimits(config: Config): Limits {
  return {
    maxBodyBytes: config.PILOTLIGHT_MAX_BODY_BYTES,
    maxJsonDepth: config.PILOTLIGHT_MAX_JSON_DEPTH,
    maxInputs: config.PILOTLIGHT_MAX_INPUTS,
    maxInputTokens: config.PILOTLIGHT_MAX_INPUT_TOKENS,
    maxCallTokens: config.PILOTLIGHT_MAX_CALL_TOKENS,
    maxCandidateLabels: config.PILOTLIGHT_MAX_CANDIDATE_LABELS,
    maxConcurrentRequests: config.PILOTLIGHT_MAX_CONCURRENT_REQUESTS,
    maxUnsentBytes: config.PILOTLIGHT_MAX_UNSENT_BYTES,
  };
}

/** Reads the options of the HTTP app from the settings. */
export function appOptions(config: Config) {
  const { PILOTLIGHT_DEFAULT_MODEL: defaultModel, PILOTLIGHT_BASE_PATH: basePath } = config;
  const { PILOTLIGHT_OPENAI_TOKEN_IDS: openAiTokenIds } = config;
  return {
    limits: readLimits(config),
    ...(defaultModel !== undefined && { defaultModel }),
    ...(basePath !== undefined && { basePath }),
    ...(openAiTokenIds !== undefined && { openAiTokenIds }),
  };
}
