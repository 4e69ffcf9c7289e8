/** Finds weights that no model can be made of, before anything is computed with them. */
import { ToolchainError } from '../errors.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { ELEMENT, floats } from '../graph/tensor.ts';

/** Throws WEIGHTS_INVALID for NaN by tensor name. Infinities may be meant: masks of attention have them. */
export function refuseDamaged({ graph }: OnnxModel): void {
  for (const tensor of graph.initializer) {
    if (tensor.dataType !== ELEMENT.float32) continue;
    const position = floats(tensor).findIndex(Number.isNaN);
    if (position < 0) continue;
    throw new ToolchainError(
      'WEIGHTS_INVALID',
      `${tensor.name} holds NaN at position ${position}: the checkpoint is damaged, or its training diverged.`,
      { details: { tensor: tensor.name, position } },
    );
  }
}
