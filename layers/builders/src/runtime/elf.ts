import type { Architecture } from './architecture.ts';

/** The ELF header has the magic at offset 0, the class at 4, the byte order at 5, the machine at 18 (man 5 elf). */
const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const CLASS_64_BIT = 2;
const LITTLE_ENDIAN = 1;
const MACHINE_OFFSET = 18;
export const ELF_HEADER_BYTES = 64;

/** `EM_AARCH64` and `EM_X86_64` of elf.h. */
const MACHINES: ReadonlyMap<number, Architecture> = new Map([
  [183, 'arm64'],
  [62, 'x64'],
]);

/** Reads the architecture of a 64-bit Linux binary from its first bytes; undefined for anything else. */
export function readArchitecture(header: Buffer): Architecture | undefined {
  if (header.length < ELF_HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (header[4] !== CLASS_64_BIT || header[5] !== LITTLE_ENDIAN) return undefined;
  return MACHINES.get(header.readUInt16LE(MACHINE_OFFSET));
}
