/** MultiHeadSelfAttention of AllenNLP: queries, keys and values by one projection. */
import { ToolchainError } from '../../../errors.ts';
import { ints } from '../../../graph/node.ts';
import type { Mask, Scope } from '../module.ts';
import { linear } from './linear.ts';
import { fillPadding, LOWEST } from './masks.ts';
import { op, reshape, scalar, slice, softmax, unsqueeze } from './ops.ts';

export interface AttentionDims {
  readonly inputs: number;
  /** Of queries and keys of all heads. */
  readonly attention: number;
  /** Of values of all heads. */
  readonly values: number;
  readonly outputs: number;
  readonly heads: number;
}

/** `x` `[batch, tokens, inputs]` to `[batch, tokens, outputs]`; every token attends to all that are not padding. */
export function selfAttention(scope: Scope, x: string, mask: Mask, dims: AttentionDims): string {
  const { inputs, attention, values, outputs, heads } = dims;
  if (attention % heads !== 0 || values % heads !== 0) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${scope.path}: ${heads} attention heads do not divide ${attention} and ${values} dimensions.`,
    );
  }
  const projected = linear(scope.at('_combined_projection'), x, inputs, 2 * attention + values);
  const split = (start: number, width: number) => {
    const part = reshape(scope, slice(scope, projected, -1, start, start + width), [
      0,
      0,
      heads,
      width / heads,
    ]);
    return op(scope, 'Transpose', [part], { perm: ints([0, 2, 1, 3]) });
  };
  // AllenNLP scales by the width of the input, not by that of the queries.
  const scale = scalar(scope, Math.floor(inputs / heads) ** 0.5);
  const queries = op(scope, 'Div', [split(0, attention), scale]);
  const keys = op(scope, 'Transpose', [split(attention, attention)], { perm: ints([0, 1, 3, 2]) });
  const scores = op(scope, 'MatMul', [queries, keys]);
  const byKey = scope.once(`${mask}/keys`, () => unsqueeze(scope, mask, 1, 2));
  const shares = softmax(scope, fillPadding(scope, scores, byKey, LOWEST));
  const summed = op(scope, 'MatMul', [shares, split(2 * attention, values)]);
  const joined = reshape(scope, op(scope, 'Transpose', [summed], { perm: ints([0, 2, 1, 3]) }), [
    0,
    0,
    values,
  ]);
  return linear(scope.at('_output_projection'), joined, values, outputs);
}
