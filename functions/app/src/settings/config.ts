/** Settings from the environment, checked whole before anything starts. */
import { isModelRef, modelNameSchema } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { DEFAULT_LIMITS } from '../http/limits.ts';
import { routingRules } from '../serve/rollout/routing-rules.ts';
import { REQUEST_SETTINGS, STAGE_SETTINGS } from '../telemetry/stage-metrics.ts';
import { count, type Environment, listUnknown, readSettings, text } from './environment-settings.ts';
import { handOverSettings } from './hand-over.ts';
import { jsonSetting } from './json-setting.ts';
import { quotaSettings } from './quotas.ts';
import { registryAddress } from './registry-address.ts';
import { remotePackages } from './remote-packages.ts';
import { siblingSettings } from './siblings.ts';
import { signingKeys } from './signing-keys.ts';

const flag = z.pipe(
  z.enum(['true', 'false'], 'must be true or false'),
  z.transform((value) => value === 'true'),
);
const modelRef = z
  .string()
  .check(
    z.refine(isModelRef, 'must be model names with or without a version, such as sentiment,intent@1.0.0'),
  );
const modelNames = z.pipe(z.pipe(z.string(), z.transform(splitList)), z.array(modelNameSchema));
const modelRefs = z.pipe(z.pipe(z.string(), z.transform(splitList)), z.array(modelRef));

/** The default of the setting PILOTLIGHT_JOB_DEADLINE_HOURS. */
export const DEFAULT_JOB_DEADLINE_HOURS = 72;

const environmentSchema = z.object({
  PILOTLIGHT_MODELS_DIR: z._default(text, '/opt/models'),
  PILOTLIGHT_PRELOAD_MODELS: z.prefault(modelRefs, ''),
  PILOTLIGHT_REMOTE_PACKAGES: z.optional(remotePackages),
  PILOTLIGHT_REMOTE_FOLDER: z._default(text, '/tmp/models'),
  /** The registry whose aliases say which version a name means. */
  PILOTLIGHT_REGISTRY: z.optional(registryAddress),
  /** Models that are served by their aliases. */
  PILOTLIGHT_REGISTRY_MODELS: z.prefault(modelNames, ''),
  PILOTLIGHT_REGISTRY_POLL_SECONDS: z._default(count, 30),
  /** Which model, version or variant a call gets that names no version, by its metadata. */
  PILOTLIGHT_ROUTING: z.optional(jsonSetting(routingRules)),
  PILOTLIGHT_VARIANT: z.optional(text),
  /** A module with code around models of AllenNLP archives. See own-predictors.ts. */
  PILOTLIGHT_PREDICTORS: z.optional(text),
  PILOTLIGHT_MEMORY_BUDGET_BYTES: z.optional(count),
  /** Megabytes of answers that are kept. @default - none are kept */
  PILOTLIGHT_ANSWER_CACHE_MB: z.optional(count),
  /** Texts that a model generates at once. */
  PILOTLIGHT_GENERATION_SLOTS: z.optional(count),
  /** Megabytes that a model takes at most to remember what it has read of them. */
  PILOTLIGHT_GENERATION_CACHE_MB: z.optional(count),
  /** Megabytes that it takes beside those to keep first tokens that prompts share. @default - none are kept */
  PILOTLIGHT_GENERATION_PREFIX_MB: z.optional(count),
  PILOTLIGHT_INTRA_OP_THREADS: z.optional(count),
  PILOTLIGHT_ALLOW_SPINNING: z.optional(flag),
  PILOTLIGHT_PACKING: z.optional(z.enum(['first', 'later', 'never'], 'must be first, later or never')),
  PILOTLIGHT_VERIFY: z.optional(z.enum(['sha256', 'size'], 'must be sha256 or size')),
  /** Public keys; packages that none of them has signed are refused. @default - packages need no signature */
  PILOTLIGHT_SIGNED_BY: z.optional(signingKeys),
  PILOTLIGHT_MAX_BODY_BYTES: z._default(count, DEFAULT_LIMITS.maxBodyBytes),
  PILOTLIGHT_MAX_INPUTS: z._default(count, DEFAULT_LIMITS.maxInputs),
  PILOTLIGHT_MAX_INPUT_TOKENS: z._default(count, DEFAULT_LIMITS.maxInputTokens),
  PILOTLIGHT_MAX_CALL_TOKENS: z._default(count, DEFAULT_LIMITS.maxCallTokens),
  PILOTLIGHT_MAX_CANDIDATE_LABELS: z._default(count, DEFAULT_LIMITS.maxCandidateLabels),
  PILOTLIGHT_MAX_CONCURRENT_REQUESTS: z._default(count, DEFAULT_LIMITS.maxConcurrentRequests),
  PILOTLIGHT_MAX_UNSENT_BYTES: z._default(count, DEFAULT_LIMITS.maxUnsentBytes),
  PILOTLIGHT_MAX_JSON_DEPTH: z._default(count, DEFAULT_LIMITS.maxJsonDepth),
  PILOTLIGHT_DEFAULT_MODEL: z.optional(modelRef),
  PILOTLIGHT_OPENAI_TOKEN_IDS: z.optional(flag),
  /** Whether answers are sent as they are made, behind a function URL. */
  PILOTLIGHT_RESPONSE_STREAM: z.optional(flag),
  PILOTLIGHT_BASE_PATH: z.optional(
    z
      .string()
      .check(z.regex(/^(?:\/[\w.~-]+)+$/, 'must begin with a slash and not end in one, such as /nlp')),
  ),
  PILOTLIGHT_SERVER: z.optional(handOverSettings),
  PILOTLIGHT_SIBLINGS: z.optional(siblingSettings),
  /** Name or ARN of the secret with the keys, where this process checks them itself. */
  PILOTLIGHT_API_KEYS_SECRET: z.optional(text),
  PILOTLIGHT_QUOTAS: z.optional(quotaSettings),
  PILOTLIGHT_JOB_QUEUE_URL: z.optional(z.url('must be a URL')),
  PILOTLIGHT_JOB_BUCKET: z.optional(text),
  PILOTLIGHT_JOB_PREFIX: z._default(
    z.string().check(z.regex(/^(?:[\w.-]+\/)+$/, 'must end in a slash, such as jobs/')),
    'jobs/',
  ),
  /** Hours after which a job that nobody could do has failed: less than SQS keeps messages, and the bucket jobs. */
  PILOTLIGHT_JOB_DEADLINE_HOURS: z._default(
    count.check(z.refine((hours) => hours <= 336, 'must be 336 or less: SQS keeps no message for longer')),
    DEFAULT_JOB_DEADLINE_HOURS,
  ),
  PILOTLIGHT_METRICS_NAMESPACE: z._default(text, 'Pilotlight'),
  PILOTLIGHT_REQUEST_METRICS: z._default(z.enum(REQUEST_SETTINGS, 'must be each, minute or errors'), 'each'),
  /** Whether traffic is compared with the references of packages. */
  PILOTLIGHT_DRIFT: z._default(z.enum(['on', 'off'], 'must be on or off'), 'on'),
  PILOTLIGHT_STAGE_METRICS: z._default(z.enum(STAGE_SETTINGS, 'must be log or metrics'), 'log'),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.optional(count),
  AWS_LAMBDA_INITIALIZATION_TYPE: z.optional(z.string()),
});
export type Config = z.infer<typeof environmentSchema>;

/** The settings of every function and of the server, by their names. */
export const SETTINGS: readonly string[] = Object.keys(environmentSchema.shape);
/** A name with this prefix is ours, so an unknown one is a typing mistake and no variable of another program. */
const PREFIX = 'PILOTLIGHT_';

/**
 * `others` are the names of settings that the caller reads itself.
 *
 * @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault.
 */
export function readConfig(environment: Environment, others: readonly string[] = []): Config {
  return readSettings(environmentSchema, environment, () => [
    ...listUnknown(environment, (name) => name.startsWith(PREFIX), [...SETTINGS, ...others]),
    ...findHalfAJobStore(environment),
    ...findModelsOfNoRegistry(environment),
  ]);
}

function findModelsOfNoRegistry({
  PILOTLIGHT_REGISTRY: registry,
  PILOTLIGHT_REGISTRY_MODELS: models = '',
}: Environment): string[] {
  return registry === undefined && models !== ''
    ? ['PILOTLIGHT_REGISTRY: is missing, but PILOTLIGHT_REGISTRY_MODELS names models of one']
    : [];
}

/** Finds the missing one, if only one of queue and bucket is set. */
function findHalfAJobStore(environment: Environment): string[] {
  const pair = ['PILOTLIGHT_JOB_QUEUE_URL', 'PILOTLIGHT_JOB_BUCKET'] as const;
  const missing = pair.filter((name) => environment[name] === undefined);
  return missing.length === 1
    ? missing.map((name) => `${name}: is missing, but the other one of ${pair.join(' and ')} is there`)
    : [];
}

function splitList(refs: string): string[] {
  return refs
    .split(',')
    .map((ref) => ref.trim())
    .filter((ref) => ref !== '');
}
