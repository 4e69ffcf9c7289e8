/** goldens.jsonl of a pipeline: requests, and what it answered when it was packaged. */
import * as z from 'zod';
import { ToolchainError } from '../errors.ts';
import type { PipelineRequest } from './sample-inputs.ts';

/** Largest difference of a number that another machine may make: scores are in [0, 1], boxes in pixels. */
export const PIPELINE_TOLERANCE = 1e-2;

const goldenSchema = z.strictObject({
  inputs: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  result: z.unknown(),
});
export interface PipelineGolden extends PipelineRequest {
  readonly result: unknown;
}

export function formatPipelineGoldens(goldens: readonly PipelineGolden[]): string {
  return goldens.map((golden) => `${JSON.stringify(golden)}\n`).join('');
}

/** @throws ToolchainError VERIFY_FAILED */
export function parsePipelineGoldens(content: string): readonly PipelineGolden[] {
  try {
    return content
      .trimEnd()
      .split('\n')
      .map((line) => goldenSchema.parse(JSON.parse(line)));
  } catch (cause) {
    throw new ToolchainError('VERIFY_FAILED', 'The goldens of the pipeline cannot be read.', { cause });
  }
}

/** Largest difference of two numbers in the same place; infinite where anything else differs. */
export function largestDifference(expected: unknown, actual: unknown): number {
  if (typeof expected === 'number' && typeof actual === 'number') return Math.abs(expected - actual);
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null) {
    return expected === actual ? 0 : Number.POSITIVE_INFINITY;
  }
  const [wanted, given] = [Object.entries(expected), new Map(Object.entries(actual))];
  if (wanted.length !== given.size) return Number.POSITIVE_INFINITY;
  return wanted.reduce(
    (largest, [key, value]) => Math.max(largest, largestDifference(value, given.get(key))),
    0,
  );
}
