import { type Check, type Finding, ok, unknown, warning } from '../finding.ts';

/** Instructions that multiply u8 by s8 and add in 32 bits: the fast and exact way of int8 on x86. */
const EXACT_X64 = ['avx512_vnni', 'avx_vnni', 'amx_int8'];
/** The same of Arm: products of matrices (i8mm), and of vectors (asimddp). */
const EXACT_ARM64 = ['i8mm', 'asimddp'];

/** What the processor means for int8; figures are those of ADR-precision.md of the engine. */
export const instructions: Check = {
  name: 'int8',
  judge({ system: { arch, instructions: flags }, runtime: { saturates } }) {
    if (arch === 'arm64') return judgeArm(flags);
    if (arch !== 'x64') return unknown(arch);
    const fast = EXACT_X64.filter((flag) => flags?.includes(flag));
    if (saturates === true) return slow(flags);
    if (fast.length > 0) return ok(`${fast.join(', ')}: int8 is at its fastest`);
    if (saturates === false) return ok('sums of 8-bit products are exact here, as the kernels answer');
    return flags === undefined
      ? unknown('the system does not tell the instructions of its processor')
      : slow(flags);
  },
};

function slow(flags: readonly string[] | undefined): Finding {
  if (flags !== undefined && !flags.includes('avx2')) {
    return warning(
      'neither VNNI nor AVX2: int8 is slow',
      'take another kind of machine; here fp32 may be faster (models add --variants fp32)',
    );
  }
  return warning(
    'no VNNI: int8 answers the same, takes up to 1.3 times as long, and opening a model takes longer',
    'for functions on such processors models add --reduce-range avoids both, for some quality; Lambda on arm64 needs neither',
  );
}

function judgeArm(flags: readonly string[] | undefined): Finding {
  if (flags === undefined) return ok('arm64: sums of 8-bit products are exact');
  const fast = EXACT_ARM64.filter((flag) => flags.includes(flag));
  return fast.length > 0
    ? ok(`${fast.join(', ')}: int8 is at its fastest`)
    : warning(
        'an Arm processor without products of bytes (asimddp): int8 is slow',
        'take Graviton2 or later',
      );
}
