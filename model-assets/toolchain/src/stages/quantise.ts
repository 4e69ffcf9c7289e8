/**
 * fp32 to int8: matrix products with constant weights become dynamic int8 products, large embedding tables int8
 * rows. Everything else (attention scores, softmax, normalisation, biases, classifier) stays fp32. See
 * ADR-int8.md for what was measured.
 */
import type { OnnxModel } from '../graph/onnx.ts';
import { removeUnused } from '../graph/unused.ts';
import { type QuantiseOptions, Quantiser } from './quantise/quantiser.ts';
import { type QuantiseReport, refuseOldOpset, refuseWithoutProducts } from './quantise/report.ts';

export type { BlockSize } from './quantise/blocks.ts';
export { fewestKept, predictKept } from './quantise/fewest-kept.ts';
export {
  type ActivationForm,
  type CalibratedReport,
  quantiseCalibrated,
  quantiseInBlocks,
} from './quantise/ladder.ts';
export { insertProbes, type LayerError, layerErrors } from './quantise/probe.ts';
export type { QuantiseOptions } from './quantise/quantiser.ts';
export type { QuantiseReport } from './quantise/report.ts';
export { saturatesSums } from './quantise/saturation.ts';
export { storeWeights } from './quantise/weights-only.ts';

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
  refuseWithoutProducts({ length: products });
  return { products, lookups, kept };
}
