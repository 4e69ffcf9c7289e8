/** Rows of a JSON-lines file that quality is measured on. */
import { readFile } from 'node:fs/promises';
import { explainIssue } from '@pilotlight/model-format/errors';
import type * as z from 'zod';
import { ToolchainError } from '../errors.ts';
import { textLines } from '../sources/text-lines.ts';

/** The lines of the file, with their numbers. @throws ToolchainError DATASET_INVALID where it cannot be read, or has none */
export async function readRowLines(file: string): Promise<ReturnType<typeof textLines>> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ToolchainError('DATASET_INVALID', `The dataset cannot be read from ${file}.`, { cause });
  });
  const lines = textLines(content);
  if (lines.length > 0) return lines;
  throw new ToolchainError('DATASET_INVALID', `${file} has no rows.`);
}

/** @throws ToolchainError DATASET_INVALID with the number of the row */
export function parseRow<Row>(schema: z.ZodType<Row>, line: string, file: string, row: number): Row {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw invalidRow(file, row, 'it is not JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidRow(file, row, `${issue?.path.join('.') || 'row'}: ${explainIssue(issue)}`);
}

export function invalidRow(file: string, row: number, reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError('DATASET_INVALID', `Row ${row} of ${file} is not usable: ${reason}.`, { cause });
}
