/** Writes and reads a whole goldens.jsonl. */
import type { Golden } from '@pilotlight/engine';
import {
  goldenSchema,
  goldensHeaderSchema,
  MAXIMUM_GOLDENS,
} from '@pilotlight/engine/internal/predict/goldens/golden';
import { parseJsonBy } from '@pilotlight/model-format';
import type * as z from 'zod/mini';
import { ToolchainError } from '../errors.ts';

export interface Goldens {
  /** The labels of the logits; older packages do not have them. */
  readonly labels?: readonly string[] | undefined;
  readonly tolerance: Readonly<Record<string, number>>;
  readonly goldens: readonly Golden[];
}

export function formatGoldens({ labels, tolerance, goldens }: Goldens): string {
  return [{ goldens: 1, labels, tolerance }, ...goldens].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Throws VERIFY_FAILED with the number of the line that is not as this file writes it. */
export function parseGoldens(content: string): Goldens {
  const [header, ...goldens] = content.trimEnd().split('\n', MAXIMUM_GOLDENS + 2);
  const { labels, tolerance } = parseLine(goldensHeaderSchema, header ?? '', 1);
  if (goldens.length > MAXIMUM_GOLDENS) throw invalid(MAXIMUM_GOLDENS + 2, 'there are too many');
  return {
    labels,
    tolerance,
    goldens: goldens.map((line, index) => parseLine(goldenSchema, line, index + 2)),
  };
}

function parseLine<Value>(schema: z.ZodMiniType<Value>, line: string, number: number): Value {
  return parseJsonBy(schema, line, (reason, cause) => invalid(number, reason, cause));
}

function invalid(line: number, reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError('VERIFY_FAILED', `Line ${line} of the goldens is not valid: ${reason}.`, {
    cause,
  });
}
