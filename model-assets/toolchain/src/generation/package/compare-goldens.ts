/** How far the scores of a variant may be off from those of its goldens. */
import type { LoadedModel } from '@pilotlight/engine';
import { compareGeneration } from '@pilotlight/engine/internal/runtimes/generation/goldens/compare-generation';
import type { GenerationGolden } from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { generate } from './generate.ts';

/** Differences of fp32 on another processor. */
export const FP32_TOLERANCE = 1e-3;
/** A processor that rounds otherwise may choose another token where two are almost as likely. */
const MARGIN = 3;
const LEAST_TOLERANCE = 1e-2;
/** With more, a model that generates something else would be proven. */
export const MOST_TOLERANCE = 1.5;

export interface GoldenDeviation {
  readonly tolerance: number;
  /** Why the goldens cannot prove the variant. @default - they can */
  readonly fault?: string;
}

/** Runs the goldens. @throws EngineError as `predict` */
export async function measureTextTolerance(
  variant: Pick<LoadedModel, 'predict'>,
  goldens: readonly GenerationGolden[],
): Promise<GoldenDeviation> {
  let largest = 0;
  for (const golden of goldens) {
    const found = compareGeneration(golden, await generate(variant, golden.input, golden.parameters));
    if (found.problem !== undefined)
      return { tolerance: MOST_TOLERANCE, fault: `of a golden, ${found.problem}` };
    largest = Math.max(largest, found.largest);
  }
  const tolerance = Number(Math.max(MARGIN * largest, LEAST_TOLERANCE).toPrecision(3));
  if (tolerance <= MOST_TOLERANCE) return { tolerance };
  return {
    tolerance,
    fault: `scores are off by up to ${largest.toPrecision(3)}, so that the goldens could not prove it`,
  };
}
