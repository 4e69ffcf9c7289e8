import type { TaskName } from '@pilotlight/engine';
import * as z from 'zod';
import { ToolchainError } from '../../errors.ts';
import { invalidRow, parseRow, readRowLines } from '../../package-files/dataset-rows.ts';

const labelledTextSchema = z.object({ text: z.string(), pair: z.string().optional(), label: z.string() });
const taggedTextSchema = z
  .object({ text: z.string(), tokens: z.array(z.string().min(1)), tags: z.array(z.string().min(1)) })
  .refine(({ tokens, tags }) => tokens.length === tags.length, {
    message: 'tokens and tags differ in number',
  });

export type LabelledText = z.infer<typeof labelledTextSchema>;
export type TaggedText = z.infer<typeof taggedTextSchema>;

export type Dataset =
  | { readonly kind: 'labelled'; readonly rows: readonly LabelledText[] }
  | { readonly kind: 'tagged'; readonly rows: readonly TaggedText[] };

/**
 * Rows of a JSON-lines file: `{text, label}` for text classification, `{text, tokens, tags}` (BIO) for token
 * classification; other keys are ignored. Throws DATASET_INVALID, naming the row, for a row of another shape, a
 * label that the model does not have, and a file without rows.
 */
export async function readDataset(file: string, task: TaskName, labels: readonly string[]): Promise<Dataset> {
  const lines = (await readRowLines(file)).map(({ line }) => line);
  const known = new Set(labels);
  const refuseUnknown = (label: string, row: number): void => {
    if (!known.has(label)) throw invalidRow(file, row, `the model has no label '${label}'`);
  };
  switch (task) {
    case 'text-classification': {
      const rows = lines.map((line, index) => parseRow(labelledTextSchema, line, file, index + 1));
      for (const [index, { label }] of rows.entries()) refuseUnknown(label, index + 1);
      return { kind: 'labelled', rows };
    }
    case 'token-classification': {
      const rows = lines.map((line, index) => parseRow(taggedTextSchema, line, file, index + 1));
      for (const [index, { tags }] of rows.entries()) for (const tag of tags) refuseUnknown(tag, index + 1);
      return { kind: 'tagged', rows };
    }
    default:
      throw new ToolchainError('DATASET_INVALID', `There is no evaluation of ${task}.`);
  }
}
