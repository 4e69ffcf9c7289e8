/** How much is held at once, and how an output is divided; the same numbers for the same file, in every run. */
import type { TaskName } from '@pilotlight/engine';
import { TASK_FACTS } from '@pilotlight/model-format';
import type { PartLimits } from './parts.ts';
import type { WindowLimits } from './windows.ts';

export const MAX_ROW_BYTES = 1_000_000;
export const PART_ROWS = 10_000;
const PART_BYTES = 16_000_000;
/** Rows that an archive's model holds at once: its answers have the scores of every token. */
const PREDICTOR_ROWS = 500;
const WINDOW_BYTES = 8_000_000;
/** Content without a row after which a part is closed, so that a run can end there. */
export const GAP_BYTES = 256_000_000;

/** `task` is undefined where rows are the JSON of AllenNLP's predictor. A window is never larger than a part of `partRows`. */
export function windowLimits(task: TaskName | undefined, partRows: number): WindowLimits {
  return {
    maxRows: Math.min(task ? TASK_FACTS[task].windowRows : PREDICTOR_ROWS, partRows),
    maxBytes: WINDOW_BYTES,
  };
}

export function partLimits(rows: number): PartLimits {
  return { rows, bytes: PART_BYTES };
}
