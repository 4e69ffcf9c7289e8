/** Highway layers (arXiv:1505.00387): each mixes its input with a non-linear layer of it, by a gate. */
import type { Scope } from '../module.ts';
import { linear } from './linear.ts';
import { op, scalar, slice } from './ops.ts';

/** `x` `[..., width]` by the tensors `_layers.N` of a place; the first half of a layer is the non-linear part, the second the gate. */
export function highway(scope: Scope, x: string, width: number, layers: number): string {
  let value = x;
  for (let layer = 0; layer < layers; layer++) {
    const place = scope.at(`_layers.${layer}`);
    const product = linear(place, value, width, 2 * width);
    const candidate = op(place, 'Relu', [slice(place, product, -1, 0, width)]);
    value = mix(place, op(place, 'Sigmoid', [slice(place, product, -1, width)]), value, candidate);
  }
  return value;
}

/** `gate * a + (1 - gate) * b` */
export function mix(scope: Scope, gate: string, a: string, b: string): string {
  const rest = op(scope, 'Sub', [scalar(scope, 1), gate]);
  return op(scope, 'Add', [op(scope, 'Mul', [gate, a]), op(scope, 'Mul', [rest, b])]);
}
