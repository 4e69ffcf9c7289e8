import { ToolchainError } from '../../errors.ts';
import { type OnnxModel, readOpset } from '../../graph/onnx.ts';

export interface QuantiseReport {
  /** Matrix products that are int8 now. */
  readonly products: number;
  /** Embedding look-ups that are int8 now. */
  readonly lookups: number;
  /** Names of the weights of products that stay fp32: the classifier, and what the options ask to keep. */
  readonly kept: readonly string[];
}

/** DynamicQuantizeLinear came with operator set 11. */
const MINIMUM_OPSET = 11;

/** Throws SOURCE_UNSUPPORTED for an operator set below 11. */
export function refuseOldOpset(model: OnnxModel): void {
  const opset = readOpset(model);
  if (opset >= MINIMUM_OPSET) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The graph is of operator set ${opset}; int8 needs ${MINIMUM_OPSET} or later. Export it again, or package it with --variants fp32.`,
  );
}

/** Throws SOURCE_UNSUPPORTED where there is nothing to quantise. */
export function refuseWithoutProducts(products: { readonly length: number }): void {
  if (products.length > 0) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    'The graph has no matrix product that can be int8: none has constant weights, other than a classifier, which stays fp32. Package it with --variants fp32.',
  );
}
