/** A list of numbers, as embeddings are. */
export function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && typeof value[0] === 'number';
}

/** Encodes a vector for OpenAI's clients: the base64 of little-endian 32-bit floats. */
export function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT);
  return bytes.toString('base64');
}
