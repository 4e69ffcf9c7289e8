/** Normalisation by the root of the mean square: `SimplifiedLayerNormalization` of ONNX Runtime computes it in one node. */
import type { GraphBuilder } from '../../../graph/builder.ts';
import { float, int } from '../../../graph/node.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import type { Weights } from '../../../graph/weights.ts';

export interface RmsNorm {
  /** Name of the tensor in the checkpoint. */
  readonly weight: string;
  readonly width: number;
  readonly epsilon: number;
  /** Is added to the weights: 1 in Gemma. @default 0 */
  readonly offset?: number | undefined;
  /** Multiplies the weights. @default 1 */
  readonly scale?: number | undefined;
}

/** `x` over its last axis, `width` long, times the weights. */
export function rmsNorm(
  graph: GraphBuilder,
  weights: Weights,
  x: string,
  { weight, width, epsilon, offset = 0, scale = 1 }: RmsNorm,
  name: string,
): string {
  const gain = weights.get(weight, [width]).map((value) => (value + offset) * scale);
  const factor = graph.constant(floatTensor(`${name}.weight`, [width], gain));
  return graph.op('SimplifiedLayerNormalization', [x, factor], name, {
    attributes: { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) },
  });
}
