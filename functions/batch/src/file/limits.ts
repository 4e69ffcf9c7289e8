/** How much is held at once, and how an output is divided; the same numbers for the same file, in every run. */
import { TASK_FACTS } from '@pilotlight/model-format';
import type { PartLimits } from './parts.ts';
import type { RowTask } from './row-task.ts';
import type { WindowLimits } from './windows.ts';

export const MAX_ROW_BYTES = 1_000_000;
export const PART_ROWS = 10_000;
const PART_BYTES = 16_000_000;
/** Rows that an archive's model holds at once: its answers have the scores of every token. */
const PREDICTOR_ROWS = 500;
/** Prompts that are answered together: a model runs as many of them at once as it has room for, and those that are cut off are lost. */
const PROMPT_ROWS = 128;
const WINDOW_BYTES = 8_000_000;
/** Content without a row after which a part is closed, so that a run can end there. */
export const GAP_BYTES = 256_000_000;

/** `task` is undefined where rows are the JSON of AllenNLP's predictor. A window is never larger than a part of `partRows`. */
export function windowLimits(task: RowTask, partRows: number): WindowLimits {
  return {
    maxRows: Math.min(windowRows(task), partRows),
    maxBytes: WINDOW_BYTES,
  };
}

function windowRows(task: RowTask): number {
  if (task === 'generation') return PROMPT_ROWS;
  return task ? TASK_FACTS[task].windowRows : PREDICTOR_ROWS;
}

export function partLimits(rows: number): PartLimits {
  return { rows, bytes: PART_BYTES };
}
