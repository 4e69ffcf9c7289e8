/** Scaled dot-product attention with several heads, by the operator of ONNX Runtime. */
import type { OpOptions } from '../../../graph/builder.ts';
import { MICROSOFT } from '../../../graph/builder.ts';
import { float, int } from '../../../graph/node.ts';
import type { Mask, Scope } from '../module.ts';
import { LOWEST } from './masks.ts';
import { cast, op, scalar } from './ops.ts';

export interface Heads {
  readonly heads: number;
  /** What scores are multiplied by. */
  readonly scale: number;
}

/** Where tokens may look: at the tokens of a mask `[batch, tokens]`, or where a bias `[batch, 1, tokens, tokens]` allows it. */
export type Allowed = { readonly mask: Mask } | { readonly bias: string };

/** Queries, keys and values are `[batch, tokens, dim]`: `[batch, tokens, dim of the values]`. */
export function attend(
  scope: Scope,
  query: string,
  key: string,
  value: string,
  allowed: Allowed,
  { heads, scale }: Heads,
): string {
  const where = 'mask' in allowed ? ['', paddingMask(scope, allowed.mask)] : ['', '', allowed.bias];
  const options: OpOptions = {
    domain: MICROSOFT,
    attributes: { num_heads: int(heads), scale: float(scale), mask_filter_value: float(LOWEST) },
  };
  return scope.graph.op(
    'MultiHeadAttention',
    [query, key, value, ...where],
    scope.name('MultiHeadAttention'),
    options,
  );
}

/** 0 where a token may look, and the lowest number elsewhere: `allowed` is 1 or 0. */
export function biasOf(scope: Scope, allowed: string): string {
  const forbidden = op(scope, 'Sub', [scalar(scope, 1), allowed]);
  return op(scope, 'Mul', [forbidden, scalar(scope, LOWEST)]);
}

function paddingMask(scope: Scope, mask: Mask): string {
  return scope.once(`${mask}/int32`, () => cast(scope, mask, 'int32'));
}
