/**
 * fp32 to int8: matrix products with constant weights become dynamic int8 products, large embedding tables int8
 * rows. Everything else (attention scores, softmax, normalisation, biases, classifier) stays fp32. See
 * ADR-int8.md for what was measured.
 */
import { ToolchainError } from '../errors.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { removeUnused } from '../graph/unused.ts';
import { type QuantiseOptions, Quantiser } from './quantise/quantiser.ts';

export { fewestKept, predictKept } from './quantise/fewest-kept.ts';
export { insertProbes, type LayerError, layerErrors } from './quantise/probe.ts';
export type { QuantiseOptions } from './quantise/quantiser.ts';
export { saturatesSums } from './quantise/saturation.ts';

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

/**
 * Quantises a model in place, standard operators to standard operators. Throws WEIGHTS_INVALID for NaN and
 * infinities by tensor name, and SOURCE_UNSUPPORTED for an operator set below 11, for a model with nothing to
 * quantise, and for a name in `keep` that no product has.
 */
export function quantise(model: OnnxModel, options: QuantiseOptions = {}): QuantiseReport {
  refuseOldOpset(model);
  const { graph } = model;
  const quantiser = new Quantiser(graph, options);
  graph.node = graph.node.flatMap((node) => quantiser.rewrite(node)?.nodes ?? [node]);
  graph.initializer.push(...quantiser.initializers);
  removeUnused(graph);
  const { products, lookups, kept } = quantiser;

  if (products === 0) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      'The graph has no matrix product that can be int8: none has constant weights, other than a classifier, which stays fp32. Package it with --variants fp32.',
    );
  }
  return { products, lookups, kept };
}

function refuseOldOpset(model: OnnxModel): void {
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset >= MINIMUM_OPSET) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The graph is of operator set ${opset}; int8 needs ${MINIMUM_OPSET} or later. Export it again, or package it with --variants fp32.`,
  );
}
