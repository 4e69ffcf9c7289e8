/** Numerically stable softmax: exp(x - max) / sum. `[n]` -> `[n]`, sums to 1. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const scores = Float64Array.from(logits);
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const power = Math.exp(at(scores, i) - largest);
    scores[i] = power;
    sum += power;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = at(scores, i) / sum;
  return scores;
}

/** Logistic function of each logit. `[n]` -> `[n]`, each between 0 and 1. */
export function sigmoid(logits: ArrayLike<number>): Float64Array {
  return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}

/** Index of the largest value, the first of equals; -1 for an empty array. */
export function argmax(values: ArrayLike<number>): number {
  let best = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = at(values, i);
    if (best < 0 || value > largest) {
      best = i;
      largest = value;
    }
  }
  return best;
}

/** The value at an index known to be inside; NaN outside, so that a mistake spreads instead of hiding. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
