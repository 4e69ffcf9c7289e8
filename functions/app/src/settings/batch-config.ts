/** Settings of the batch function from the environment; those of models and engine are config.ts's. */
import * as z from 'zod/mini';
import { count, type Environment, listUnknown, readSettings, text } from './environment-settings.ts';

const prefix = z
  .string()
  .check(z.regex(/^(?:[^/]+\/)+$/, 'must end in a slash, not begin with one, such as in/'));

const environmentSchema = z.object({
  /** Where continuations go. */
  PILOTLIGHT_BATCH_QUEUE_URL: text,
  /** Where messages go that no other try would help. */
  PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: z.optional(text),
  /** The only bucket that is read from and written to. */
  PILOTLIGHT_BATCH_BUCKET: text,
  PILOTLIGHT_BATCH_INPUT_PREFIX: z._default(prefix, 'in/'),
  PILOTLIGHT_BATCH_OUTPUT_PREFIX: z._default(prefix, 'out/'),
  /** Rows of a part of the output: what an interrupted file loses at most. */
  PILOTLIGHT_BATCH_PART_ROWS: z._default(count, 10_000),
  /** Longest row, in bytes. */
  PILOTLIGHT_BATCH_MAX_ROW_BYTES: z._default(count, 1_000_000),
});
export type BatchConfig = z.infer<typeof environmentSchema>;

const OURS = 'PILOTLIGHT_BATCH_';
const NAMES = Object.keys(environmentSchema.shape);

/** @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault. */
export function readBatchConfig(environment: Environment): BatchConfig {
  return readSettings(environmentSchema, environment, (config) => [
    ...listUnknown(environment, (name) => name.startsWith(OURS), NAMES),
    ...(config ? findOverlap(config) : []),
  ]);
}

/** Refuses prefixes that overlap, because results would be inputs again, for ever. */
function findOverlap(config: BatchConfig): string[] {
  const { PILOTLIGHT_BATCH_INPUT_PREFIX: input, PILOTLIGHT_BATCH_OUTPUT_PREFIX: output } = config;
  if (!output.startsWith(input) && !input.startsWith(output)) return [];
  return ['PILOTLIGHT_BATCH_OUTPUT_PREFIX: must not lie within the input prefix, nor the other way round.'];
}

/** The variables that are not the batch function's own. */
export function withoutBatchConfig(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith(OURS)));
}
