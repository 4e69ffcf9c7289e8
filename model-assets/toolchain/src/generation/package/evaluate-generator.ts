/** Quality as served: the share of texts that a model generates as they should be, to the last character. */
import type { LoadedModel } from '@pilotlight/engine';
import type { GenerationManifest } from '@pilotlight/model-format';
import { z } from 'zod';
import { parseRow, readRowLines } from '../../package-files/dataset-rows.ts';
import { GREEDY, generateAll } from './generate.ts';

type TextQuality = NonNullable<GenerationManifest['quality']>[number];

export interface TextEvaluation {
  /** A JSON-lines file of `{text, target}`. */
  readonly file: string;
  /** The name of the dataset in the manifest: `snips/test`. */
  readonly dataset: string;
}

const rowSchema = z.object({ text: z.string(), target: z.string() });
type Row = z.infer<typeof rowSchema>;

const NEW_TOKENS = 256;
const SEARCHES = [
  { metric: 'exact match, greedy', beams: 1 },
  { metric: 'exact match, 4 beams', beams: 4 },
] as const;

/** @throws ToolchainError DATASET_INVALID with the row at fault; EngineError */
export async function evaluateGenerator(
  fp32: LoadedModel,
  served: LoadedModel,
  { file, dataset }: TextEvaluation,
  report: (done: number) => void = () => {},
): Promise<readonly TextQuality[]> {
  const lines = await readRowLines(file);
  const rows = lines.map(({ line, number }) => parseRow(rowSchema, line, file, number));
  const quality: TextQuality[] = [];
  let done = 0;
  for (const { metric, beams } of SEARCHES) {
    const shares: number[] = [];
    for (const model of [fp32, served]) {
      shares.push(await exactMatch(model, rows, beams));
      report(++done / (2 * SEARCHES.length));
    }
    const [reference = 0, share = 0] = shares;
    quality.push({ dataset, metric, rows: rows.length, fp32: reference, served: share });
  }
  return quality;
}

async function exactMatch(model: LoadedModel, rows: readonly Row[], beams: number): Promise<number> {
  const parameters = { ...GREEDY, num_beams: beams, max_new_tokens: NEW_TOKENS };
  const generations = await generateAll(
    model,
    rows.map(({ text }) => text),
    parameters,
  );
  const right = generations.filter(
    ({ sequences: [{ text }] }, index) => text.trim() === rows[index]?.target.trim(),
  );
  return right.length / rows.length;
}
