import { at } from './activations.ts';

/** A pooled strategy: from one vector a token to one vector a text. */
export type Pooling = 'cls' | 'mean' | 'max';

/**
 * Pools hidden states `[tokens, hidden]` (row-major, no padding) to one vector `[hidden]`.
 * `cls` takes the first token, `mean` and `max` all tokens, special tokens included, as sentence-transformers does.
 */
export function pool(states: ArrayLike<number>, tokens: number, pooling: Pooling): Float64Array {
  const hidden = states.length / tokens;
  const pooled = new Float64Array(hidden);
  const rows = pooling === 'cls' ? 1 : tokens;
  if (pooling === 'max') pooled.fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < hidden; column++) {
      const value = at(states, row * hidden + column);
      pooled[column] = pooling === 'max' ? Math.max(at(pooled, column), value) : at(pooled, column) + value;
    }
  }
  return pooling === 'mean' ? pooled.map((sum) => sum / tokens) : pooled;
}

/** Scales a vector to Euclidean length 1; a zero vector stays as it is. */
export function normalize(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Cosine of the angle between two vectors, -1 to 1; 0 where one of them is zero. */
export function cosine(left: Float64Array, right: Float64Array): number {
  const [a, b] = [normalize(left), normalize(right)];
  return a.reduce((sum, value, i) => sum + value * at(b, i), 0);
}
