import { ownValue } from '@pilotlight/model-format';
import type { TokenRequest, TokenResult } from '../../ports.ts';
import { compareWithGolden, measureDrift } from './compare.ts';
import { toGoldenRequest } from './golden.ts';
import type { NextGolden } from './golden-reader.ts';

/** The answer of a serving model to one golden. */
export interface GoldenCheck {
  /** Line of goldens.jsonl. */
  readonly line: number;
  /** Deviation from the fp32 reference over what is accepted: above 1, the model answers otherwise than it should. */
  readonly drift?: number;
  /** Why there is no drift: other tokens, another shape, NaN, no tolerance for the variant. */
  readonly problem?: string;
}

/** Runs a golden and compares. Throws what `infer` throws. */
export async function checkGolden(
  { line, golden, tolerance }: NextGolden,
  variant: string,
  infer: (requests: readonly TokenRequest[], options: { truncate: true }) => Promise<readonly TokenResult[]>,
): Promise<GoldenCheck> {
  const accepted = ownValue(tolerance, variant);
  if (accepted === undefined) return { line, problem: `there is no tolerance for ${variant}` };
  const [result] = await infer([toGoldenRequest(golden)], { truncate: true });
  const comparison = compareWithGolden(golden, result);
  if ('problem' in comparison) return { line, problem: comparison.problem };
  return { line, drift: measureDrift(comparison.deviation, accepted) };
}
