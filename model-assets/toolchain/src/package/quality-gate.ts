/** The quality that an int8 variant must have; stages/ADR-int8.md says where the figures come from. */
import type { VariantDeviation } from '../stages/verify.ts';

/** Largest relative error of the outputs on the goldens. */
const MAXIMUM_RELATIVE_ERROR = 0.06;

/** Smallest share of rows of the goldens with the same top label, where fp32 gave it by a clear margin. */
const MINIMUM_AGREEMENT = 0.95;

/** The share of the layers that could be int8 but may stay fp32: with more of them, int8 is not worth its error. */
export const MAXIMUM_SHARE_KEPT = 0.5;

type Measured = Pick<VariantDeviation, 'relative' | 'clearAgreement'>;

export function passesGate({ relative, clearAgreement }: Measured): boolean {
  return relative <= MAXIMUM_RELATIVE_ERROR && clearAgreement >= MINIMUM_AGREEMENT;
}

/** "relative error 31.2 % of at most 10 %, same clear label 72.1 % of at least 95 %" */
export function describeGate({ relative, clearAgreement }: Measured): string {
  const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
  return (
    `relative error ${percent(relative)} of at most ${percent(MAXIMUM_RELATIVE_ERROR)}, ` +
    `same clear label ${percent(clearAgreement)} of at least ${percent(MINIMUM_AGREEMENT)}`
  );
}
