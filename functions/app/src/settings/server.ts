/** Settings of the server from the environment; those of models, engine and app are config.ts's. */
import * as z from 'zod/mini';
import { DEFAULT_LIMITS } from '../request/limits.ts';
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
  PORT: z._default(port, 8080),
  HOST: z._default(text, '0.0.0.0'),
  /** Padded tokens of a batch. @default - what the model was tuned to when it was packaged, on a GPU 16,384 */
  MAX_BATCH_TOKENS: z.optional(count),
  /** Texts of up to so many tokens have a session of their own beside long ones, on the CPU; 0 turns it off. */
  SHORT_LANE_TOKENS: z._default(countFromZero, 32),
  /** Texts, or windows of them, of a batch. */
  MAX_BATCH_REQUESTS: z._default(count, 64),
  /** Requests under way at once; one more is refused with 429. */
  MAX_CONCURRENT_REQUESTS: z._default(count, 512),
  /** Inputs of one request: as many as a function takes, which may hand them over. */
  MAX_CLIENT_BATCH_SIZE: z._default(count, DEFAULT_LIMITS.maxInputs),
  /** Milliseconds that a request may wait for its first batch before it is refused with 429. */
  MAX_QUEUE_MS: z._default(count, 30_000),
  /** Milliseconds that requests under way have to end once the process is told to. */
  SHUTDOWN_GRACE_MS: z._default(count, 25_000),
  /** Jobs under way at once, beside requests. */
  JOB_CONCURRENCY: z._default(count, 16),
  /** Seconds after which a job of a process that died is begun again; one that lives says so three times as often. */
  JOB_LEASE_SECONDS: z._default(count, 60),
  /** How often a job is begun before it has failed. */
  JOB_MAX_ATTEMPTS: z._default(count, 4),
  ...executionProviderSettings,
  ...tracingSettings,
});

export interface ServerConfig {
  readonly server: z.infer<typeof environmentSchema>;
  /** Its limits are those of `server`, whatever the variables of the functions say. */
  readonly shared: Config;
}

/** @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault. */
export function readServerConfig(environment: Environment): ServerConfig {
  const server = readSettings(environmentSchema, environment);
  const limits = {
    PILOTLIGHT_MAX_CONCURRENT_REQUESTS: String(server.MAX_CONCURRENT_REQUESTS),
    PILOTLIGHT_MAX_INPUTS: String(server.MAX_CLIENT_BATCH_SIZE),
  };
  return { server, shared: readConfig({ ...environment, ...limits }) };
}
