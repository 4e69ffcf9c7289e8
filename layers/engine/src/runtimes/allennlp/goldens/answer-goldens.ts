/** The goldens of an archive: inputs with their answers, which are AllenNLP's own where it gave them. */
import * as z from 'zod/mini';
import { type GoldenFile, parseGoldenFile } from '../../../predict/goldens/golden-file.ts';

export const MOST_ANSWER_GOLDENS = 10_000;

const goldenSchema = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()),
});
export type AnswerGolden = z.infer<typeof goldenSchema>;

/** @throws EngineError PACKAGE_CORRUPT with the line that cannot be read */
export function parseAnswerGoldens(content: string): GoldenFile<AnswerGolden> {
  return parseGoldenFile(content, goldenSchema, MOST_ANSWER_GOLDENS);
}
