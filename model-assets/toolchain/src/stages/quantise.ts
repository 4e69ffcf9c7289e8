/**
 * fp32 to int8: matrix products with constant weights become int8 products, large embedding tables int8 rows. Everything else (attention
 * scores, softmax, normalisation, biases, classifier) stays fp32. See ADR-int8.md for the ways and what was measured of them.
 */
import type { OnnxModel } from '../graph/onnx.ts';
import { removeUnused } from '../graph/unused.ts';
import { type QuantiseOptions, Quantiser } from './quantise/quantiser.ts';
import { type QuantiseReport, refuseOldOpset, refuseWithoutProducts } from './quantise/report.ts';

export type { BlockSize } from './quantise/blocks.ts';
export { Calibration } from './quantise/calibration.ts';
export { fewestKept, type LayerError, predictKept } from './quantise/fewest-kept.ts';
export {
  type ActivationForm,
  type CalibratedReport,
  quantiseCalibrated,
  quantiseInBlocks,
} from './quantise/ladder.ts';
export type { QuantiseOptions } from './quantise/quantiser.ts';
export { quantiseLstms } from './quantise/recurrent.ts';
export type { QuantiseReport } from './quantise/report.ts';
export { storeWeights } from './quantise/weights-only.ts';

/**
 * Quantises a model in place as exports usually are, with a scale of the activations that each run computes: `add` makes this no more,
 * and measurements compare with it. Standard operators become standard operators. Throws WEIGHTS_INVALID for NaN and
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
