/**
 * The schemes that a model can be packaged with, by the names of their variants, in the order in which they are built: the one
 * place to register another. fp32 comes first because the others are measured against it.
 */
import type { SchemeName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { ModelSource } from '../sources/index.ts';
import { exported } from './exported.ts';
import { fp16 } from './fp16.ts';
import { fp32 } from './fp32.ts';
import { int8 } from './int8.ts';
import type { QuantiseSettings, Scheme } from './scheme.ts';

export const SCHEMES = { fp32, int8, fp16 } satisfies Record<string, Scheme>;
export type VariantName = keyof typeof SCHEMES;

/** Names of variants, the one that is made by default first. */
export const VARIANTS: readonly VariantName[] = ['int8', 'fp32', 'fp16'];

export interface PlannedVariant {
  readonly variant: VariantName;
  readonly scheme: Scheme;
}

export interface VariantPlan {
  /** The variant whose answers are the goldens. */
  readonly reference: PlannedVariant;
  /** The variants that are compared with it, in the order in which they are built. */
  readonly others: readonly PlannedVariant[];
}

interface Wanted {
  readonly variants: readonly VariantName[];
  readonly quantise: QuantiseSettings;
  readonly scheme?: SchemeName;
}

/**
 * Plans what is built of a source. One that is quantised already has no fp32 and is not quantised again: its graph is the variant int8.
 * Throws SOURCE_UNSUPPORTED where another one is wanted.
 */
export function planVariants(
  { variants, quantise, scheme }: Wanted,
  precision: ModelSource['precision'],
): VariantPlan {
  if (precision !== 'int8' && precision !== 'int4') {
    const others = VARIANTS.filter((variant) => variant !== 'fp32' && variants.includes(variant));
    return {
      reference: { variant: 'fp32', scheme: fp32 },
      others: others.map((variant) => ({ variant, scheme: SCHEMES[variant] })),
    };
  }
  const other = variants.find((variant) => variant !== 'int8');
  const isAsItIs = quantise.keep.length === 0 && !quantise.reduceRange && scheme === undefined;
  if (other === undefined && isAsItIs) {
    return { reference: { variant: 'int8', scheme: exported(precision) }, others: [] };
  }
  const impossible = other === undefined ? 'it is not quantised again' : `there is no ${other} of it`;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The export is quantised already, to ${precision}, so ${impossible}. Package it as it is, with --variants int8 and no other option of quantisation, or take an export in fp32.`,
  );
}
