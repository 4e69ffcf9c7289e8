/** Attention by several heads, as sums of products: `[batch, heads, rows, dim]`. */
import { int, ints } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { concat, op, reshape, shape, softmax } from './ops.ts';

export interface Heads {
  readonly heads: number;
  /** Of each head. */
  readonly dim: number;
}

/** `[batch, rows, heads * dim]` to `[batch, heads, rows, dim]` */
export function splitHeads(scope: Scope, x: string, { heads, dim }: Heads): string {
  return op(scope, 'Transpose', [reshape(scope, x, [0, -1, heads, dim])], { perm: ints([0, 2, 1, 3]) });
}

/** `[batch, heads, rows, dim]` to `[batch, rows, heads * dim]` */
export function joinHeads(scope: Scope, x: string, { heads, dim }: Heads): string {
  return reshape(scope, op(scope, 'Transpose', [x], { perm: ints([0, 2, 1, 3]) }), [0, -1, heads * dim]);
}

/** `[batch, heads, a, dim]` and `[batch, heads, b, dim]` to `[batch, heads, a, b]` */
function scoreHeads(scope: Scope, query: string, key: string): string {
  const turned = op(scope, 'Transpose', [key], { perm: ints([0, 1, 3, 2]) });
  return op(scope, 'MatMul', [query, turned]);
}

/** What each query finds, `[batch, heads, a, dim]`. `bias` broadcasts to `[batch, heads, a, b]`, and hides what is not to be seen. */
export function attendHeads(scope: Scope, query: string, key: string, value: string, bias: string): string {
  const scores = op(scope, 'Add', [scoreHeads(scope, query, key), bias]);
  return op(scope, 'MatMul', [softmax(scope, scores), value]);
}

/** Keys and values, `[inputs, heads, entries, dim]`. */
export interface KeysAndValues {
  readonly key: string;
  readonly value: string;
}

/**
 * What each beam finds among its own entry and those of the steps before: `query` and `own` are `[inputs, heads, beams, dim]`. `bias`
 * broadcasts to `[inputs, heads, beams, beams + entries]`; there may be no entries yet.
 */
export function attendEntries(
  scope: Scope,
  query: string,
  own: KeysAndValues,
  cache: KeysAndValues,
  bias: string,
): string {
  const scores = concat(scope, [scoreHeads(scope, query, own.key), scoreHeads(scope, query, cache.key)], -1);
  const weights = softmax(scope, op(scope, 'Add', [scores, bias]));
  const sizes = concat(scope, [shape(scope, own.key, 2, 3), shape(scope, cache.key, 2, 3)], 0);
  const [ofOwn = '', ofCache = ''] = scope.graph.ops('Split', [weights, sizes], scope.name('weights'), 2, {
    attributes: { axis: int(-1) },
  });
  return op(scope, 'Add', [
    op(scope, 'MatMul', [ofOwn, own.value]),
    op(scope, 'MatMul', [ofCache, cache.value]),
  ]);
}
