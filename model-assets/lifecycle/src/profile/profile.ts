/** `profile.json`: what a package takes of a machine, by the length of texts and the number of them. */
import * as z from 'zod';
import { machineSchema } from '../compare/run/machine.ts';

const positive = z.number().nonnegative();

/** A run of a graph, or a call, of one shape in a fresh process. */
export const shapeSchema = z.strictObject({
  /** Tokens of each text, special ones included; of an archive the mean of its goldens. */
  tokens: positive,
  /** Texts at once. */
  batch: z.int().positive(),
  /** Milliseconds of all of them together. */
  p50Ms: positive,
  p90Ms: positive,
  /** Milliseconds of processors, of all threads, of the run that took least of them. What else the machine does slows it little, so that limits follow from it. */
  cpuMs: positive,
  /** Runs that were timed. */
  runs: z.int().positive(),
  /** Bytes of the process before it loads the model. */
  startBytes: positive,
  /** Bytes of the process once the model is loaded. */
  loadedBytes: positive,
  /** Most bytes of the process, the runs included. */
  peakBytes: positive,
  /** Bytes that ONNX Runtime's arena held at most. @default - it was not told */
  arenaBytes: positive.optional(),
});
export type Shape = z.infer<typeof shapeSchema>;

export const limitSchema = z.strictObject({
  name: z.enum(['maxTokens', 'tokenBudget', 'memoryMegabytes']),
  value: z.number(),
  reason: z.string(),
});
export type ProposedLimit = z.infer<typeof limitSchema>;

const shareSchema = z.strictObject({ name: z.string(), ms: positive, share: z.number() });

/** Where the time of calls of one shape goes. */
export const operatorsSchema = z.strictObject({
  tokens: positive,
  batch: z.int().positive(),
  calls: z.int().positive(),
  /** Milliseconds of one call, mean. */
  stages: z.array(shareSchema),
  /** Milliseconds of one call, mean, by the type of the operator; the rest of inference is between operators. */
  operators: z.array(shareSchema),
});
export type TimeShares = z.infer<typeof operatorsSchema>;
export type TimeShare = z.infer<typeof shareSchema>;

export const profileSchema = z.strictObject({
  profile: z.literal(1),
  /** sha256 of the model.json that was profiled: beside another one, the profile counts for nothing. */
  manifest: z.string(),
  model: z.string(),
  variant: z.string(),
  machine: machineSchema,
  /** ISO 8601. */
  measuredAt: z.string(),
  /** What one measurement is: a run of the graph, or a call. */
  measures: z.enum(['runs of the graph', 'calls of 8 new tokens', 'calls']),
  shapes: z.array(shapeSchema).min(1),
  limits: z.array(limitSchema),
  time: operatorsSchema,
});
export type Profile = z.infer<typeof profileSchema>;
