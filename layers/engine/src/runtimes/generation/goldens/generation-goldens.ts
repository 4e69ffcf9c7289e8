/** The goldens of a model that generates: calls, with the tokens and scores that fp32 gave. */
import * as z from 'zod/mini';
import { type GoldenFile, parseGoldenFile } from '../../../predict/goldens/golden-file.ts';

const MOST_GOLDENS = 1_000;

const goldenSchema = z.strictObject({
  input: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  promptTokens: z.int().check(z.nonnegative()),
  /** The best sequence. */
  ids: z.array(z.int().check(z.nonnegative())).check(z.minLength(1)),
  /** Log probability of each token; of beams none. */
  logprobs: z.array(z.number()),
  score: z.number(),
});
export type GenerationGolden = z.infer<typeof goldenSchema>;

/** @throws EngineError PACKAGE_CORRUPT with the line that cannot be read */
export function parseGenerationGoldens(content: string): GoldenFile<GenerationGolden> {
  return parseGoldenFile(content, goldenSchema, MOST_GOLDENS);
}
