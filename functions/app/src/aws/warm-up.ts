/** The messages between the predict function and the two functions that warm and check it: the warmer and the pre-traffic hook. */
import * as z from 'zod/mini';

export const WARM_UP_SOURCE = 'pilotlight.warmup';

const text = z.string().check(z.minLength(1));

/** The event of a warm-up. Keys that are not known are let through: an alias may run an older version. */
export const warmUpEventSchema = z.object({
  source: z.literal(WARM_UP_SOURCE),
  /**
   * Milliseconds since 1970 until which the environment stays busy, so that the other invocations of the same
   * warm-up find other environments. @default - answers at once
   */
  holdUntil: z.optional(
    z.int('must be whole milliseconds since 1970').check(z.nonnegative('must be milliseconds since 1970')),
  ),
  /** Goldens to run of every model, or all that it has where those are fewer. @default - one of one model, in turn */
  goldens: z.optional(z.int('must be a whole number').check(z.positive('must be at least 1'))),
});
export type WarmUpEvent = z.infer<typeof warmUpEventSchema>;

/** One golden of one model, run by a warm-up. `model` is `name@version`. */
const selfCheckSchema = z.object({
  model: text,
  /** The line of goldens.jsonl, if that could be read. */
  line: z.optional(z.int()),
  /** Largest deviation from the reference over the tolerance: above 1 the model answers otherwise than it should. */
  drift: z.optional(z.number()),
  /** Why there is no drift: the answer could not be compared, or there was none. */
  problem: z.optional(text),
});
export type SelfCheck = z.infer<typeof selfCheckSchema>;

/** The answer to a warm-up. */
export const warmUpReportSchema = z.object({
  source: z.literal(WARM_UP_SOURCE),
  /** Whether this invocation was the first of its environment. */
  coldStart: z.boolean(),
  /** Tells execution environments apart. */
  environment: text,
  /** Models in memory, as `name@version`. */
  models: z.array(text),
  /** Null where no model is loaded, or the event asked for `goldens`. */
  selfCheck: z.nullable(selfCheckSchema),
  /** Where the event asked for `goldens`; an older version of the function answers without. */
  selfChecks: z.optional(z.array(selfCheckSchema)),
});
export type WarmUpReport = z.infer<typeof warmUpReportSchema>;
