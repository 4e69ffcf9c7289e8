/** The question by which a revision of a web function is checked before it has traffic, and its answer. */
import * as z from 'zod/mini';

/** Answered with a `GoldenReport`: it is worked out once in each environment, and names no model. */
export const GOLDEN_REPORT_PATH = '/goldens';

/** The endpoint that nobody but the revision gate may call. */
export const PREVIEW_ENDPOINT = 'preview';

const count = z.int().check(z.nonnegative());

export const goldenReportSchema = z.object({
  /** Models whose goldens were run. */
  models: count,
  /** Goldens that were run. */
  goldens: count,
  /** Goldens that could not be run or compared; the log has each. */
  problems: count,
  /** The largest deviation over the tolerance: above 1 a model answers otherwise than it should. */
  drift: z.number().check(z.nonnegative()),
});
export type GoldenReport = z.infer<typeof goldenReportSchema>;
