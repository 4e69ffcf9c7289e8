/** For each row, the index of its largest value and the margin to its second. */
export function topOfRows(data: Float32Array, columns: number): [index: number, margin: number][] {
  return Array.from({ length: data.length / columns }, (_, row) => {
    let best = 0;
    let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let column = 0; column < columns; column++) {
      const value = data[row * columns + column] ?? Number.NEGATIVE_INFINITY;
      if (value > first) [best, first, second] = [column, value, first];
      else if (value > second) second = value;
    }
    const margin = second === Number.NEGATIVE_INFINITY ? 0 : first - second;
    return [best, Number(margin.toPrecision(4))];
  });
}
