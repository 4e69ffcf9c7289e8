import { readFileSync } from 'node:fs';

/** Instructions that sum products of u8 and s8 in 32 bits. */
const SUMS_IN_32_BITS = /\b(avx512_vnni|avx_vnni|amx_int8)\b/;

/**
 * Tells whether this processor sums pairs of u8 x s8 products in 16 bits, which saturates with 8-bit weights: x86 without VNNI.
 * Where the system does not say what the processor has, the answer is no.
 */
export function saturatesSums(
  arch: string = process.arch,
  instructions: () => string = readInstructions,
): boolean {
  return arch === 'x64' && /^flags\b/m.test(instructions()) && !SUMS_IN_32_BITS.test(instructions());
}

function readInstructions(): string {
  return process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
}
