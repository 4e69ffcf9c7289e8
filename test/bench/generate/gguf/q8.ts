/** Q8_0 of llama.cpp: blocks of 32 values, each a scale in float16 and 32 whole numbers from -127 to 127. */
import { float32ToFloat16 } from '../../../../model-assets/toolchain/src/graph/half.ts';

const BLOCK = 32;
const BLOCK_BYTES = 2 + BLOCK;
const MOST = 127;

/** `values` are whole blocks. As `quantize_row_q8_0_ref` of ggml, in float32: halves are rounded away from zero, by the scale before it is narrowed. */
export function encodeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / BLOCK;
  const scales = new Float32Array(blocks);
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK;
    let largest = 0;
    for (let at = from; at < from + BLOCK; at++) largest = Math.max(largest, Math.abs(values[at] ?? 0));
    const scale = Math.fround(largest / MOST);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    scales[block] = scale;
    for (let at = 0; at < BLOCK; at++) {
      const scaled = Math.fround((values[from + at] ?? 0) * inverse);
      view.setInt8(block * BLOCK_BYTES + 2 + at, Math.sign(scaled) * Math.round(Math.abs(scaled)));
    }
  }
  for (const [block, half] of float32ToFloat16(scales).entries())
    view.setUint16(block * BLOCK_BYTES, half, true);
  return bytes;
}
