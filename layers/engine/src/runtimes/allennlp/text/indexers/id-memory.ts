/**
 * Memory for the ids of texts. V8 keeps account of every buffer, and a list of a thousand texts would have thousands of some hundred
 * bytes, to be collected again. Texts share buffers, as those of Node's own pool do.
 */

/** Ids of a shared buffer: 64 KiB. */
const SHARED_IDS = 8192;
/** With more, a tensor has a buffer of its own. */
const MOST_SHARED = 1024;

let shared = new ArrayBuffer(0);
let used = 0;

/** So many ids, all 0. */
export function newIds(length: number): BigInt64Array {
  if (length > MOST_SHARED) return new BigInt64Array(length);
  if ((used + length) * BigInt64Array.BYTES_PER_ELEMENT > shared.byteLength) {
    shared = new ArrayBuffer(SHARED_IDS * BigInt64Array.BYTES_PER_ELEMENT);
    used = 0;
  }
  used += length;
  return new BigInt64Array(shared, (used - length) * BigInt64Array.BYTES_PER_ELEMENT, length);
}
