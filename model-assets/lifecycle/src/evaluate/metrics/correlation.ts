/** How alike two lists of numbers rise and fall, -1 to 1, as `scipy.stats` has it. NaN where one of them is constant. */

/** Pearson's correlation of the ranks; equal numbers share the mean of their ranks. */
export function spearman(left: readonly number[], right: readonly number[]): number {
  return pearson(ranks(left), ranks(right));
}

export function pearson(left: readonly number[], right: readonly number[]): number {
  const [meanLeft, meanRight] = [mean(left), mean(right)];
  let [both, squaresLeft, squaresRight] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const x = value - meanLeft;
    const y = (right[index] ?? Number.NaN) - meanRight;
    both += x * y;
    squaresLeft += x * x;
    squaresRight += y * y;
  }
  return both / Math.sqrt(squaresLeft * squaresRight);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const found = new Array<number>(values.length).fill(0);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[first] ?? 0]) end++;
    for (let place = first; place < end; place++) found[order[place] ?? 0] = (first + end + 1) / 2;
    first = end;
  }
  return found;
}
