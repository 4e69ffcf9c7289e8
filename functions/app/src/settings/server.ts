/** Settings of the server from the environment; those of models, engine and app are config.ts's. */
import * as z from 'zod/mini';
import { type Config, readConfig } from './config.ts';
import { count, type Environment, readSettings, text } from './environment-settings.ts';
import { executionProviderSettings } from './execution-provider.ts';
import { tracingSettings } from './tracing.ts';

const countFromZero = z.pipe(
  z.string().check(z.regex(/^\d{1,15}$/, 'must be a whole number')),
  z.transform(Number),
);
const port = z.pipe(
  z
    .string()
    .check(
      z.refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'must be a port, 0 to 65535'),
    ),
  z.transform(Number),
);

const environmentSchema = z.object({
  PILOTLIGHT_PORT: z._default(port, 8080),
  PILOTLIGHT_HOST: z._default(text, '0.0.0.0'),
  /** Name of the web function in its metrics: Lambda does not tell it to the process. */
  PILOTLIGHT_FUNCTION_NAME: z._default(text, 'web'),
  /** Padded tokens of a batch. @default - that of the package, on a GPU 16,384 */
  PILOTLIGHT_MAX_BATCH_TOKENS: z.optional(count),
  /** Texts of up to so many tokens have a session of their own beside long ones, on the CPU; 0 turns it off. */
  PILOTLIGHT_SHORT_LANE_TOKENS: z._default(countFromZero, 32),
  /** Sessions that run batches at the same time, beside the one that has all threads, on the CPU; fewer than 2 are none. */
  PILOTLIGHT_PARALLEL_SESSIONS: z._default(countFromZero, 2),
  /** Texts, or windows of them, of a batch. @default - that of the engine, 64 */
  PILOTLIGHT_MAX_BATCH_REQUESTS: z.optional(count),
  /** Milliseconds that a request may wait for its first batch before it is refused with 429. @default - that of the engine, 30,000 */
  PILOTLIGHT_MAX_QUEUE_MS: z.optional(count),
  /** Milliseconds that requests under way have to end once the process is told to. */
  PILOTLIGHT_SHUTDOWN_GRACE_MS: z._default(count, 25_000),
  /** Jobs under way at once, beside requests. */
  PILOTLIGHT_JOB_CONCURRENCY: z._default(count, 16),
  /** Seconds after which a job of a process that died is begun again; one that lives says so three times as often. */
  PILOTLIGHT_JOB_LEASE_SECONDS: z._default(count, 60),
  /** How often a job is begun before it has failed. */
  PILOTLIGHT_JOB_MAX_ATTEMPTS: z._default(count, 4),
  ...executionProviderSettings,
  ...tracingSettings,
});

/** The settings of the server by their names, beside those of `config.ts`. */
export const SERVER_SETTINGS: readonly string[] = Object.keys(environmentSchema.shape);

export interface ServerConfig {
  readonly server: z.infer<typeof environmentSchema>;
  /** The settings that the functions have, too. */
  readonly shared: Config;
}

/** @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault. */
export function readServerConfig(environment: Environment): ServerConfig {
  const server = readSettings(environmentSchema, environment);
  return { server, shared: readConfig(environment, SERVER_SETTINGS) };
}
