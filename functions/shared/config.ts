/** Settings from the environment, checked whole before anything starts. */

import { PilotlightError } from '@pilotlight/engine';
import { modelNameSchema, modelVersionSchema } from '@pilotlight/engine/manifest';
import * as z from 'zod';
import { DEFAULT_LIMITS } from './api/limits.ts';
import { closest } from './closest.ts';

const count = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0')
  .transform(Number);
const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
const modelRef = z.string().refine((ref) => {
  const [name, version, ...rest] = ref.split('@');
  const versionIsGood = version === undefined || modelVersionSchema.safeParse(version).success;
  return modelNameSchema.safeParse(name).success && versionIsGood && rest.length === 0;
}, 'must be model names with or without a version, such as sentiment,intent@1.0.0');

const environmentSchema = z.object({
  MODELS_DIR: z.string().min(1).default('/opt/models'),
  PRELOAD_MODELS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((ref) => ref.trim())
        .filter((ref) => ref !== ''),
    )
    .pipe(z.array(modelRef)),
  PILOTLIGHT_VARIANT: z.string().min(1).optional(),
  PILOTLIGHT_MEMORY_BUDGET_BYTES: count.optional(),
  PILOTLIGHT_INTRA_OP_THREADS: count.optional(),
  PILOTLIGHT_ALLOW_SPINNING: flag.optional(),
  PILOTLIGHT_VERIFY: z.enum(['sha256', 'size'], 'must be sha256 or size').optional(),
  PILOTLIGHT_MAX_BODY_BYTES: count.default(DEFAULT_LIMITS.maxBodyBytes),
  PILOTLIGHT_MAX_INPUTS: count.default(DEFAULT_LIMITS.maxInputs),
  PILOTLIGHT_MAX_CONCURRENT_REQUESTS: count.default(DEFAULT_LIMITS.maxConcurrentRequests),
  PILOTLIGHT_MAX_JSON_DEPTH: count.default(DEFAULT_LIMITS.maxJsonDepth),
  PILOTLIGHT_METRICS_NAMESPACE: z.string().min(1).default('Pilotlight'),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count.optional(),
});
export type Config = z.infer<typeof environmentSchema>;

const NAMES = Object.keys(environmentSchema.shape);
/** Names that begin so are ours: one that is not known is a slip of the pen, not somebody else's variable. */
const OURS = /^(?:PILOTLIGHT_|PRELOAD_)/;

/** @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environmentSchema.safeParse(environment);
  const wrong = (parsed.error?.issues ?? []).map(({ path, message }) => `${String(path[0])}: ${message}`);
  const unknown = Object.keys(environment)
    .filter((name) => OURS.test(name) && !NAMES.includes(name))
    .map((name) => `${name}: is not known. Did you mean ${closest(name, NAMES)}?`);
  if (parsed.success && unknown.length === 0) return parsed.data;
  throw new PilotlightError(
    'INVALID_CONFIGURATION',
    `The environment is not valid:\n  ${[...wrong, ...unknown].join('\n  ')}`,
  );
}
