/** 16-bit floating-point formats, from and to float32. Bytes are little-endian. */

const SCRATCH = new Uint32Array(1);
const SCRATCH_FLOAT = new Float32Array(SCRATCH.buffer);

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
export function float16ToFloat32(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / 2);
  const meaningOf = meanings();
  for (let index = 0; index < values.length; index++) {
    values[index] = meaningOf[view.getUint16(2 * index, true)] ?? 0;
  }
  return values;
}

let table: Float32Array | undefined;

/** The value of each of the 65,536 halves, worked out once. */
function meanings(): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => widenFloat16(half));
  return table;
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

/** Largest finite value of binary16. */
export const FLOAT16_MAX = 65_504;

/** Nearest binary16 of each value, of two as near the one with an even fraction; 65,520 and more is infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bits.length);
  for (let index = 0; index < bits.length; index++) halves[index] = narrowFloat32(bits[index] ?? 0);
  return halves;
}

/** Bits of float32 values: of infinity, of 65,536, and of 2^-14, the smallest normal binary16. */
const INFINITE = 0x7f800000;
const OVERFLOW = 0x47800000;
const SMALLEST_NORMAL = 0x38800000;
/** The difference of the two exponent biases, 127 - 15, shifted to the place of the exponent. */
const REBIAS = 0x38000000;

function narrowFloat32(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > INFINITE) return sign | 0x7e00;
  if (magnitude >= OVERFLOW) return sign | 0x7c00;
  if (magnitude < SMALLEST_NORMAL) {
    // The unit of the last place of 0.5 is 2^-24, that of a subnormal binary16: the sum is rounded as it has to be.
    SCRATCH[0] = magnitude;
    SCRATCH_FLOAT[0] = (SCRATCH_FLOAT[0] ?? 0) + 0.5;
    return sign | ((SCRATCH[0] ?? 0) & 0xffff);
  }
  const isOdd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - REBIAS + 0xfff + isOdd) >>> 13);
}
