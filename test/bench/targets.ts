import { TARGET_MODEL } from './default-models.ts';
import type { Comparison, Unit } from './results.ts';
import type { Spread } from './statistics.ts';

/** A promise about the median of a comparison. */
export interface Target {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A comparison with its verdict. */
export function judge(
  { name, unit = 'x' }: { name: string; unit?: Unit },
  value: Spread,
  { atMost, atLeast }: Target,
): Comparison {
  const suffix = unit === 'x' ? 'x' : ` ${unit}`;
  return {
    name,
    unit,
    value,
    target: atMost === undefined ? `at least ${atLeast}${suffix}` : `at most ${atMost}${suffix}`,
    met:
      value.median <= (atMost ?? Number.POSITIVE_INFINITY) &&
      value.median >= (atLeast ?? Number.NEGATIVE_INFINITY),
  };
}

/** A comparison with its verdict; without one where `target` is for another shape of model. */
export function compare(
  { name, unit = 'x', model }: { name: string; unit?: Unit; model: string },
  value: Spread,
  target?: Target,
): Comparison {
  if (target === undefined || model !== TARGET_MODEL) return { name, unit, value };
  return judge({ name, unit }, value, target);
}

/** Two views of one promise, of which either suffices: both carry the joint verdict. */
export function either(comparisons: readonly Comparison[]): Comparison[] {
  const met = comparisons.some((comparison) => comparison.met === true);
  const target = comparisons.flatMap((comparison) => comparison.target ?? []).join(' or ');
  return comparisons.map((comparison) =>
    comparison.met === undefined ? comparison : { ...comparison, target, met },
  );
}
