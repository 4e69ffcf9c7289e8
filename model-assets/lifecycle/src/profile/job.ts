/** What a process of a profile is asked for, and answers. */
import * as z from 'zod';
import { operatorsSchema, shapeSchema } from './profile.ts';

export const jobSchema = z.strictObject({
  packages: z.string(),
  name: z.string(),
  version: z.string(),
  variant: z.string(),
  threads: z.int().positive(),
  /** 0 stands for the inputs of goldens, as they are. */
  tokens: z.int().nonnegative(),
  batch: z.int().positive(),
  /** The most runs, and the milliseconds that they may take together after the first. */
  runs: z.int().positive(),
  budgetMs: z.number(),
  /** Where the time goes is told in place of how long it is. @default false */
  trace: z.boolean(),
  /** The file that a trace is written to. @default - it is not kept */
  traceFile: z.string().optional(),
});
export type Job = z.infer<typeof jobSchema>;

export const answerSchema = z.union([
  z.strictObject({ shape: shapeSchema }),
  z.strictObject({ time: operatorsSchema }),
]);
export type JobAnswer = z.infer<typeof answerSchema>;
