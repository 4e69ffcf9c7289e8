/**
 * The positions of Marian and Pegasus, [positions, width]: sines in the first half of a row, cosines in the second, of ever lower
 * frequencies (`create_weight` of MarianSinusoidalPositionalEmbedding in transformers). No checkpoint has to hold them.
 */
export function sinusoids(positions: number, width: number): Float32Array {
  const table = new Float32Array(positions * width);
  const sines = Math.ceil(width / 2);
  for (let position = 0; position < positions; position++) {
    for (let column = 0; column < width; column++) {
      const isSine = column < sines;
      const frequency = isSine ? column : column - sines;
      const angle = position / 10_000 ** ((2 * frequency) / width);
      table[position * width + column] = isSine ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
