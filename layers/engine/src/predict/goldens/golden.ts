/** goldens.jsonl: a header, then one golden a line. Inputs, token ids and fp32 outputs that a package must give. */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import type { TokenRequest } from '../../ports.ts';

/** The least number of goldens, because fewer inputs prove too little. */
export const MINIMUM_GOLDENS = 32;
/** The most, because each of them is run, twice for each variant. */
export const MAXIMUM_GOLDENS = 10_000;

/** The outputs that goldens keep. */
export const GOLDEN_ROLES = ['logits', 'start_logits', 'end_logits', 'hidden_states', 'embeddings'] as const;

const index = z.int().check(z.nonnegative());

export const goldensHeaderSchema = z.strictObject({
  goldens: z.literal(1),
  /** The labels in the order of the logits, so that nobody exchanges those of the manifest. Older packages do not have them. */
  labels: z.optional(z.array(z.string())),
  /** Largest absolute difference from an fp32 output that is accepted, for each variant. */
  tolerance: z.record(z.string(), z.number().check(z.positive())),
});

const goldenOutputSchema = z.strictObject({
  /** Shape of the whole output: `[labels]`, `[tokens]`, `[tokens, labels]`, `[tokens, vocabulary]` or `[tokens, hidden]`. */
  dims: listOf(index).check(z.minLength(1)),
  /** The first values of the output in row-major order, whole rows of it; or every `stride`-th. */
  values: z.array(z.number()),
  /** The distance between two values that are kept, for an output whose rows are too wide to keep whole. @default 1 */
  stride: z.optional(z.int().check(z.positive())),
  /** For each row of logits, the index of the largest, and how far the second is below it. */
  top: z.optional(listOf(z.tuple([index, z.number().check(z.nonnegative())]))),
});
export type GoldenOutput = z.infer<typeof goldenOutputSchema>;

export const goldenSchema = z.strictObject({
  text: z.string(),
  pair: z.optional(z.string()),
  ids: listOf(index).check(z.minLength(1)),
  outputs: z.partialRecord(z.enum(GOLDEN_ROLES), goldenOutputSchema),
});
export type Golden = z.infer<typeof goldenSchema>;

/** Makes the request that a golden stands for. */
export function toGoldenRequest({ text, pair }: Golden): TokenRequest {
  return { text, pair };
}
