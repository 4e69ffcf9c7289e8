/**
 * The schemes that a model can be packaged with, by the names of their variants, in the order in which they are built: the one
 * place to register another. fp32 comes first because the others are measured against it.
 */
import { fp16 } from './fp16.ts';
import { fp32 } from './fp32.ts';
import { int8 } from './int8.ts';
import type { Scheme } from './scheme.ts';

export const SCHEMES = { fp32, int8, fp16 } satisfies Record<string, Scheme>;
export type VariantName = keyof typeof SCHEMES;

/** Names of variants, the one that is made by default first. */
export const VARIANTS: readonly VariantName[] = ['int8', 'fp32', 'fp16'];
