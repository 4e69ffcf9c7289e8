import type { TokenResult } from '../../ports.ts';
import { GOLDEN_ROLES, type Golden, type GoldenOutput } from './golden.ts';
import { topOfRows } from './top-of-rows.ts';

/** How far the outputs of one golden are from what it stores. */
export interface Deviation {
  /** Largest absolute difference of a value, and the values that differ so. */
  readonly largest: number;
  readonly expected: number;
  readonly actual: number;
  /** Sum of squared differences, and of squared expected values: their ratio is the relative error. */
  readonly squaredError: number;
  readonly squaredExpected: number;
  /** Rows (texts or tokens) whose top label differs, and the largest fp32 margin among them. */
  readonly flips: number;
  readonly flippedMargin: number;
}

/** The deviation of an answer, or why it cannot be compared at all. */
export type Comparison = { readonly problem: string } | { readonly deviation: Deviation };

/** Compares the outputs of a predictor with a golden: token ids exactly, shapes exactly, values by difference. */
export function compareWithGolden(golden: Golden, result: TokenResult | undefined): Comparison {
  const ids = result?.encoding.ids ?? [];
  const at = firstDifference(golden.ids, ids);
  if (at >= 0) {
    return {
      problem: `token ${at} is ${ids[at] ?? 'missing'} instead of ${golden.ids[at] ?? 'none'} (${ids.length} tokens, expected ${golden.ids.length})`,
    };
  }
  const total = {
    largest: 0,
    expected: 0,
    actual: 0,
    squaredError: 0,
    squaredExpected: 0,
    flips: 0,
    flippedMargin: 0,
  };
  for (const role of GOLDEN_ROLES) {
    const expected = golden.outputs[role];
    if (expected === undefined) continue;
    const actual = result?.outputs[role];
    if (actual === undefined) return { problem: `the model gave no ${role}` };
    if (firstDifference(expected.dims, actual.dims) >= 0) {
      return { problem: `${role} has shape [${actual.dims}] instead of [${expected.dims}]` };
    }
    addValues(total, expected, actual.data);
    if (!Number.isFinite(total.squaredError)) return { problem: `${role} holds NaN or infinite values` };
    addFlips(total, expected, actual.data);
  }
  return { deviation: total };
}

/**
 * Divides the deviation by what is accepted. Above 1, a value is further off than `tolerance`, or a top label differs that fp32
 * gave by a margin which two values at the tolerance cannot close.
 */
export function measureDrift({ largest, flippedMargin }: Deviation, tolerance: number): number {
  return Math.max(largest / tolerance, flippedMargin / (2 * tolerance));
}

type Mutable = { -readonly [Key in keyof Deviation]: Deviation[Key] };

function addValues(total: Mutable, { values, stride = 1 }: GoldenOutput, actual: Float32Array): void {
  for (const [index, wanted] of values.entries()) {
    const given = actual[index * stride] ?? Number.NaN;
    const difference = given - wanted;
    total.squaredError += difference * difference;
    total.squaredExpected += wanted * wanted;
    if (Math.abs(difference) <= total.largest) continue;
    [total.largest, total.expected, total.actual] = [Math.abs(difference), wanted, given];
  }
}

function addFlips(total: Mutable, expected: GoldenOutput, actual: Float32Array): void {
  if (expected.top === undefined) return;
  const tops = topOfRows(actual, expected.dims.at(-1) ?? 1);
  for (const [row, [index, margin]] of expected.top.entries()) {
    if (tops[row]?.[0] === index) continue;
    total.flips++;
    total.flippedMargin = Math.max(total.flippedMargin, margin);
  }
}

/** First index at which two lists differ, or -1. */
function firstDifference(left: readonly number[], right: readonly number[]): number {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) if (left[index] !== right[index]) return index;
  return -1;
}
