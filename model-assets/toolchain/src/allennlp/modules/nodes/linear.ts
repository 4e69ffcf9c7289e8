/** torch.nn.Linear: a product with a constant right side, then the bias, as the quantiser expects them. */
import type { Scope } from '../module.ts';
import { constant, op } from './ops.ts';
import { transpose } from './weights.ts';

/** `x` `[..., inputs]` by the tensors `weight` `[outputs, inputs]` and `bias` `[outputs]` of a place: `[..., outputs]`. */
export function linear(
  scope: Scope,
  x: string,
  inputs: number,
  outputs: number,
  { bias = true }: { readonly bias?: boolean } = {},
): string {
  const weight = scope.once(`${scope.path}/weight`, () =>
    constant(
      scope,
      'weight',
      [inputs, outputs],
      transpose(scope.tensor('weight', [outputs, inputs]), outputs, inputs),
    ),
  );
  const product = op(scope, 'MatMul', [x, weight]);
  return bias ? op(scope, 'Add', [product, scope.weight('bias', [outputs])]) : product;
}
