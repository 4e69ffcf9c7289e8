/** The scores of rows of one matrix for rows of another: `[batch, a, dim]` and `[batch, b, dim]` to `[batch, a, b]`. */
import { int, ints } from '../../../graph/node.ts';
import type { Scope } from '../module.ts';
import { type Piece, pieceWidth } from './combinations.ts';
import { TINY } from './masks.ts';
import { cast, constant, integers, op, scalar, shape, slice } from './ops.ts';

/** Rows become columns. */
export function transposeRows(scope: Scope, matrix: string): string {
  return op(scope, 'Transpose', [matrix], { perm: ints([0, 2, 1]) });
}

export function dotProduct(scope: Scope, x: string, y: string): string {
  return op(scope, 'MatMul', [x, transposeRows(scope, y)]);
}

/** Dot products of rows of length 1. */
export function cosine(scope: Scope, x: string, y: string): string {
  return dotProduct(scope, normaliseRows(scope, x), normaliseRows(scope, y));
}

function normaliseRows(scope: Scope, matrix: string): string {
  const norm = op(scope, 'ReduceL2', [matrix, integers(scope, [-1])], { keepdims: int(1) });
  return op(scope, 'Div', [matrix, op(scope, 'Add', [norm, scalar(scope, TINY)])]);
}

/** The weighted sum of a combination, w . [x; y; x * y] + b, without the combinations in memory. The tensors are those of a place. */
export function linearScores(
  scope: Scope,
  pieces: readonly Piece[],
  x: string,
  y: string,
  widths: { readonly x: number; readonly y: number },
): string {
  const total = pieces.reduce((sum, piece) => sum + pieceWidth(piece, widths), 0);
  const weights = scope.tensor('_weight_vector', [total]);
  let offset = 0;
  const scores = pieces.map((piece) => {
    const width = pieceWidth(piece, widths);
    const vector = weights.subarray(offset, offset + width);
    offset += width;
    return scorePiece(scope, piece, { name: `weight_${offset}`, vector }, { x, y });
  });
  const sum = scores.reduce((first, second) => op(scope, 'Add', [first, second]));
  return op(scope, 'Add', [sum, scope.weight('_bias', [1])]);
}

function scorePiece(
  scope: Scope,
  piece: Piece,
  { name: part, vector }: { readonly name: string; readonly vector: Float32Array },
  values: { readonly x: string; readonly y: string },
): string {
  /** One score for each row, as a column for x and as a row for y. */
  const alone = (name: 'x' | 'y') => {
    const column = op(scope, 'MatMul', [values[name], constant(scope, part, [vector.length, 1], vector)]);
    return name === 'x' ? column : transposeRows(scope, column);
  };
  if (!('operation' in piece)) return alone(piece.first);
  const { first, operation, second } = piece;
  if (operation === '+' || operation === '-') {
    return op(scope, operation === '+' ? 'Add' : 'Sub', [alone(first), alone(second)]);
  }
  const weighted = op(scope, 'Mul', [values[first], constant(scope, part, [vector.length], vector)]);
  const other = operation === '*' ? values[second] : op(scope, 'Reciprocal', [values[second]]);
  const scores = dotProduct(scope, weighted, other);
  return first === 'x' ? scores : transposeRows(scope, scores);
}

/** x W y + b; with a place for a 1 at the end of both x and y where `withOnes`. The tensors are those of a place. */
export function bilinear(
  scope: Scope,
  x: string,
  y: string,
  widths: { readonly x: number; readonly y: number },
  withOnes: boolean,
): string {
  const rows = widths.x + (withOnes ? 1 : 0);
  const columns = widths.y + (withOnes ? 1 : 0);
  const bias = scope.weight('_bias', [1]);
  if (!withOnes) {
    const projected = op(scope, 'MatMul', [x, scope.weight('_weight_matrix', [rows, columns])]);
    return op(scope, 'Add', [dotProduct(scope, projected, y), bias]);
  }
  const values = scope.tensor('_weight_matrix', [rows, columns]);
  const split = widths.x * columns;
  const matrix = constant(scope, '_weight_matrix', [widths.x, columns], values.subarray(0, split));
  // The row for the 1 at the end of x is the bias of its projection.
  const projected = op(scope, 'Add', [
    op(scope, 'MatMul', [x, matrix]),
    constant(scope, 'ones', [columns], values.subarray(split)),
  ]);
  const scores = dotProduct(scope, slice(scope, projected, 2, 0, widths.y), y);
  const withBias = op(scope, 'Add', [scores, slice(scope, projected, 2, widths.y)]);
  return op(scope, 'Add', [withBias, bias]);
}

/** Scores divided by the root of the width of the vectors that they are of. */
export function scaleByWidth(scope: Scope, scores: string, vectors: string): string {
  const width = cast(scope, shape(scope, vectors, -1), 'float32');
  return op(scope, 'Div', [scores, op(scope, 'Sqrt', [width])]);
}
