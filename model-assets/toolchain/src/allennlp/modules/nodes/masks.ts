/** Masks and what is made of them, as `allennlp.nn.util` does: `[batch, tokens]` float32, 1 for tokens and 0 for padding. */
import { int } from '../../../graph/node.ts';
import type { Mask, Scope } from '../module.ts';
import { cast, integer, max, op, scalar, softmax, sum, unsqueeze } from './ops.ts';

/** AllenNLP's `tiny_value_of_dtype` of float32, which it adds where it divides. */
export const TINY = 1e-13;
/** AllenNLP's `min_value_of_dtype` of float32: what stands in place of masked scores. */
export const LOWEST = -3.4028234663852886e38;

/** Tokens are where the ids are not 0. */
export function maskOfIds(scope: Scope, ids: string): Mask {
  return scope.once(`${ids}/mask`, () =>
    cast(scope, op(scope, 'Not', [op(scope, 'Equal', [ids, integer(scope, 0)])]), 'float32'),
  );
}

/** Tokens are where any of the ids of the last axis is not 0. */
export function maskOfCharacters(scope: Scope, ids: string): Mask {
  return scope.once(`${ids}/token mask`, () => max(scope, maskOfIds(scope, ids), -1));
}

/** The number of tokens of each row, `[batch]` int32, as recurrent operators take it. */
export function lengths(scope: Scope, mask: Mask): string {
  return scope.once(`${mask}/lengths`, () => cast(scope, sum(scope, mask, -1), 'int32'));
}

/** Makes padding zero: `x` is `[batch, tokens, dim]`. */
export function zeroPadding(scope: Scope, x: string, mask: Mask): string {
  return op(scope, 'Mul', [x, column(scope, mask)]);
}

/** The mask as `[batch, tokens, 1]`. */
export function column(scope: Scope, mask: Mask): string {
  return scope.once(`${mask}/column`, () => unsqueeze(scope, mask, -1));
}

/** `masked_softmax` over the last axis; `mask` broadcasts to `x`. Zeros where everything is masked. */
export function maskedSoftmax(scope: Scope, x: string, mask: Mask): string {
  const shares = op(scope, 'Mul', [softmax(scope, op(scope, 'Mul', [x, mask])), mask]);
  const total = op(scope, 'Add', [sum(scope, shares, -1, true), scalar(scope, TINY)]);
  return op(scope, 'Div', [shares, total]);
}

/** `value` where the mask is 0, `x` elsewhere; `mask` broadcasts to `x`. */
export function fillPadding(scope: Scope, x: string, mask: Mask, value: number): string {
  const isToken = scope.once(`${mask}/bool`, () => cast(scope, mask, 'bool'));
  return op(scope, 'Where', [isToken, x, scalar(scope, value)]);
}

/** The vectors of the last tokens, `[batch, dim]` of `x` `[batch, tokens, dim]`. */
export function lastTokens(scope: Scope, x: string, mask: Mask): string {
  const last = op(scope, 'Sub', [cast(scope, lengths(scope, mask), 'int64'), integer(scope, 1)]);
  return takeRows(scope, x, last);
}

/** One vector for each row of the batch: `x` `[batch, tokens, dim]` at `indices` `[batch]` int64. A negative one counts from the end. */
export function takeRows(scope: Scope, x: string, indices: string): string {
  return op(scope, 'GatherND', [x, unsqueeze(scope, indices, -1)], { batch_dims: int(1) });
}
