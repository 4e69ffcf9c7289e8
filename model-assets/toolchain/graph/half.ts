/** 16-bit floating-point formats, widened to float32. Input is little-endian. */

const SCRATCH = new Uint32Array(1);
const SCRATCH_FLOAT = new Float32Array(SCRATCH.buffer);

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
export function float16ToFloat32(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, index) =>
    widenFloat16(view.getUint16(2 * index, true)),
  );
}

function widenFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16: the upper half of a float32. */
export function bfloat16ToFloat32(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, index) => {
    SCRATCH[0] = view.getUint16(2 * index, true) << 16;
    return SCRATCH_FLOAT[0] ?? 0;
  });
}
