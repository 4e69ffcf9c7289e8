/** A list of numbers, as embeddings are. */
export function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && typeof value[0] === 'number';
}

/** Encodes a vector for OpenAI's clients: the base64 of little-endian 32-bit floats. */
export function encodeVector(vector: readonly number[]): string {
  return floatBytes(vector).toString('base64');
}

/** The bytes of little-endian 32-bit floats, as every processor that Node runs on has them in memory. */
export function floatBytes(values: readonly number[] | Float32Array): Buffer {
  const { buffer, byteOffset, byteLength } =
    values instanceof Float32Array ? values : Float32Array.from(values);
  return Buffer.from(buffer, byteOffset, byteLength);
}
