/** How much is held at once, and how an output is divided; the same numbers for the same file, in every run. */
import type { TaskName } from '@pilotlight/engine';
import type { PartLimits } from './parts.ts';
import type { WindowLimits } from './windows.ts';

export const MAX_ROW_BYTES = 1_000_000;
export const PART_ROWS = 10_000;
const PART_BYTES = 16_000_000;
const WINDOW_BYTES = 8_000_000;

/**
 * Rows of a window. Two thousand fill batches of rows of like length nearly as well as all rows of a file would;
 * vectors take more memory than labels, and those of each token as much as the tokens are.
 */
const WINDOW_ROWS: Record<TaskName, number> = {
  'text-classification': 2000,
  'token-classification': 2000,
  'question-answering': 500,
  'fill-mask': 100,
  'zero-shot-classification': 200,
  'feature-extraction': 100,
  'sentence-similarity': 200,
  'text-ranking': 200,
};

/** A window is never larger than a part of `partRows`. */
export function windowLimits(task: TaskName, partRows: number): WindowLimits {
  return { maxRows: Math.min(WINDOW_ROWS[task], partRows), maxBytes: WINDOW_BYTES };
}

export function partLimits(rows: number): PartLimits {
  return { rows, bytes: PART_BYTES };
}
