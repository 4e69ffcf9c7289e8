/** AllenNLP's Highway: each layer mixes its input with a transformation of it. */
import { int } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { linear } from './linear.ts';
import { op } from './ops.ts';

/** `x` `[..., dim]` through the layers `_layers.0`, `_layers.1` and so on of a place, with Relu. */
export function highway(scope: Scope, x: string, dim: number, layers: number): string {
  let value = x;
  for (let layer = 0; layer < layers; layer++) {
    const place = scope.at(`_layers.${layer}`);
    const projected = linear(place, value, dim, 2 * dim);
    const [part = '', gate = ''] = place.graph.ops('Split', [projected], place.name('Split'), 2, {
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    const transformed = op(place, 'Relu', [part]);
    // gate * value + (1 - gate) * transformed
    const carried = op(place, 'Mul', [op(place, 'Sigmoid', [gate]), op(place, 'Sub', [value, transformed])]);
    value = op(place, 'Add', [transformed, carried]);
  }
  return value;
}
