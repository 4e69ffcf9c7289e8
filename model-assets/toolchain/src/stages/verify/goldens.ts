/** Compares the answers of a variant with the fp32 reference: every golden goes through the serving engine. */
import type { Deviation, Golden, Predictor, TokenResult } from '@pilotlight/engine';
import { compareWithGolden, measureDrift } from '@pilotlight/engine/internal/predict/goldens/compare';
import { GOLDEN_ROLES, toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import { topOfRows } from '@pilotlight/engine/internal/predict/goldens/top-of-rows';
import { ToolchainError } from '../../errors.ts';

/** The distance of a variant from the reference over all goldens. */
export interface VariantDeviation {
  /** Largest absolute difference of an output, of single calls and of one call with all texts. */
  readonly largest: number;
  /** Root of squared differences over squared expected values. */
  readonly relative: number;
  /** Share of rows (texts, tokens that are classified or filled in, starts and ends of answers) with the same top; 1 where there are none. */
  readonly agreement: number;
  /** The same, but a row whose top fp32 itself could hardly tell from the second counts as agreed. */
  readonly clearAgreement: number;
}

/**
 * Runs the goldens one by one and all in one call, since activations are quantised per batch.
 * Throws VERIFY_FAILED, naming the golden, where token ids or shapes differ or a value is not finite; with a
 * `tolerance` also where an output is further off, or where a top label differs that fp32 gave by a clear margin.
 */
export async function verifyGoldens(
  predictor: Pick<Predictor, 'infer' | 'variantName'>,
  goldens: readonly Golden[],
  tolerance?: number,
  report: (done: number) => void = () => {},
): Promise<VariantDeviation> {
  const totals = { largest: 0, squaredError: 0, squaredExpected: 0, flips: 0, clearFlips: 0, rows: 0 };
  const check = (golden: Golden, result: TokenResult | undefined): void => {
    const deviation = compareGolden(golden, result, predictor.variantName);
    if (tolerance !== undefined) refuseBeyond(tolerance, golden, deviation, predictor.variantName);
    totals.largest = Math.max(totals.largest, deviation.largest);
    totals.squaredError += deviation.squaredError;
    totals.squaredExpected += deviation.squaredExpected;
    totals.flips += deviation.flips;
    if (deviation.flips > 0) totals.clearFlips += countClearFlips(golden, result);
    for (const output of Object.values(golden.outputs)) totals.rows += output?.top?.length ?? 0;
  };
  for (const [index, golden] of goldens.entries()) {
    const [single] = await predictor.infer([toGoldenRequest(golden)], { truncate: true });
    check(golden, single);
    report((index + 1) / (goldens.length + 1));
  }
  const together = await predictor.infer(goldens.map(toGoldenRequest), { truncate: true });
  for (const [index, golden] of goldens.entries()) {
    check(golden, together[index]);
  }
  return {
    largest: totals.largest,
    relative: Math.sqrt(totals.squaredError / (totals.squaredExpected || 1)),
    agreement: totals.rows === 0 ? 1 : 1 - totals.flips / totals.rows,
    clearAgreement: totals.rows === 0 ? 1 : 1 - totals.clearFlips / totals.rows,
  };
}

/**
 * A margin in units of the root mean square of an output. Two values that are each off by 6 % of that, which is what the
 * quality gate accepts, can close it.
 */
const CLEAR_MARGIN = 0.12;

/** Rows whose top label differs though fp32 gave it by a clear margin. */
function countClearFlips({ outputs }: Golden, result: TokenResult | undefined): number {
  let flips = 0;
  for (const role of GOLDEN_ROLES) {
    const { values, top = [], dims } = outputs[role] ?? { values: [], dims: [] };
    if (top.length === 0) continue;
    const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const actual = topOfRows(result?.outputs[role]?.data ?? new Float32Array(), dims.at(-1) ?? 1);
    const clear = CLEAR_MARGIN * Math.sqrt(meanSquare);
    flips += top.filter(([index, margin], row) => actual[row]?.[0] !== index && margin > clear).length;
  }
  return flips;
}

/** Room for machines that add up in another order, or whose batches differ: it moves single int8 steps. */
const HEADROOM = 2;

/** Tolerance for fp32 relative to the largest expected value, or to 1. */
const FLOAT_TOLERANCE = 2e-4;

/** The absolute difference to accept from a variant from now on, measured where it is made. */
export function measureTolerance(deviation: VariantDeviation, goldens: readonly Golden[]): number {
  const values = goldens.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => output?.values ?? []),
  );
  const peak = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return Number(Math.max(HEADROOM * deviation.largest, FLOAT_TOLERANCE * peak).toPrecision(3));
}

function compareGolden(golden: Golden, result: TokenResult | undefined, variant: string): Deviation {
  const comparison = compareWithGolden(golden, result);
  if ('deviation' in comparison) return comparison.deviation;
  throw failed(golden, variant, comparison.problem);
}

function refuseBeyond(tolerance: number, golden: Golden, deviation: Deviation, variant: string): void {
  if (deviation.largest > tolerance) {
    throw failed(
      golden,
      variant,
      `an output is ${deviation.actual.toPrecision(4)} instead of ${deviation.expected.toPrecision(4)}, and may be off by ${tolerance.toPrecision(3)}`,
    );
  }
  if (measureDrift(deviation, tolerance) > 1) {
    throw failed(
      golden,
      variant,
      `its top label differs, which fp32 gives by a margin of ${deviation.flippedMargin.toPrecision(3)}`,
    );
  }
}

function failed(golden: Golden, variant: string, reason: string): ToolchainError {
  const text = golden.text.length > 60 ? `${golden.text.slice(0, 60)}…` : golden.text;
  return new ToolchainError(
    'VERIFY_FAILED',
    `Variant ${variant} fails the golden ${JSON.stringify(text)}: ${reason}.`,
    {
      details: { variant, text },
    },
  );
}
