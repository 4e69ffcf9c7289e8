/** Compares the answers of a variant with the fp32 reference: every golden goes through the serving engine. */
import { createHash } from 'node:crypto';
import type { Deviation, Golden, Predictor, TokenResult } from '@pilotlight/engine';
import { compareWithGolden, measureDrift } from '@pilotlight/engine/internal/predict/goldens/compare';
import { GOLDEN_ROLES, toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import { ToolchainError } from '../../errors.ts';

/** The distance of a variant from the reference over all goldens. */
export interface VariantDeviation {
  /** Largest absolute difference of an output, of single calls and of one call with all texts. */
  readonly largest: number;
  /** Root of squared differences over squared expected values. */
  readonly relative: number;
  /** Share of rows (texts, tokens that are classified or filled in, starts and ends of answers) with the same top; 1 where there are none. */
  readonly agreement: number;
  /** Whether the outputs of all of them in one call are those of single calls, bit for bit. */
  readonly sameInAnyBatch: boolean;
}

/** What a variant is held to. */
export interface Bounds {
  /** The absolute difference from fp32 that is accepted. */
  readonly tolerance: number;
  /** Whether the outputs in a batch must be those alone, bit for bit. @default false */
  readonly sameInAnyBatch?: boolean | undefined;
}

/**
 * Runs the goldens one by one and all in one call.
 * Throws VERIFY_FAILED, naming the golden, where token ids or shapes differ or a value is not finite; with `bounds` also where an output
 * is further off than the tolerance, where a top label differs that fp32 gave by a clear margin, or where a bit differs that must not.
 */
export async function verifyGoldens(
  predictor: Pick<Predictor, 'infer' | 'variantName'>,
  goldens: readonly Golden[],
  bounds?: Bounds,
  report: (done: number) => void = () => {},
): Promise<VariantDeviation> {
  const totals = { largest: 0, squaredError: 0, squaredExpected: 0, flips: 0, rows: 0 };
  const check = (golden: Golden, result: TokenResult | undefined): void => {
    const deviation = compareGolden(golden, result, predictor.variantName);
    if (bounds !== undefined) refuseBeyond(bounds.tolerance, golden, deviation, predictor.variantName);
    totals.largest = Math.max(totals.largest, deviation.largest);
    totals.squaredError += deviation.squaredError;
    totals.squaredExpected += deviation.squaredExpected;
    totals.flips += deviation.flips;
    for (const output of Object.values(golden.outputs)) totals.rows += output?.top?.length ?? 0;
  };
  const alone: string[] = [];
  for (const [index, golden] of goldens.entries()) {
    const [single] = await predictor.infer([toGoldenRequest(golden)], { truncate: true });
    check(golden, single);
    alone.push(digest(single));
    report((index + 1) / (goldens.length + 1));
  }
  const together = await predictor.infer(goldens.map(toGoldenRequest), { truncate: true });
  let sameInAnyBatch = true;
  for (const [index, golden] of goldens.entries()) {
    check(golden, together[index]);
    if (digest(together[index]) === alone[index]) continue;
    sameInAnyBatch = false;
    if (bounds?.sameInAnyBatch)
      throw failed(golden, predictor.variantName, 'its outputs in a batch are not those alone, bit for bit');
  }
  return {
    largest: totals.largest,
    relative: Math.sqrt(totals.squaredError / (totals.squaredExpected || 1)),
    agreement: totals.rows === 0 ? 1 : 1 - totals.flips / totals.rows,
    sameInAnyBatch,
  };
}

/** Room for processors that add up in another order, and for batches that do: it moves single int8 steps. */
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

/** Stands for the outputs of one request, every bit of them. */
function digest(result: TokenResult | undefined): string {
  const hash = createHash('sha256');
  for (const role of GOLDEN_ROLES) {
    const data = result?.outputs[role]?.data;
    if (data !== undefined) hash.update(role).update(data);
  }
  return hash.digest('base64');
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
