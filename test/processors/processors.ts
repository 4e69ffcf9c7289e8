/** The processors that the tests emulate, and what a process sees of them. */
import { readFileSync } from 'node:fs';

export interface Processor {
  readonly name: string;
  readonly architecture: 'x64' | 'arm64';
  /** QEMU's program for one process, and the model of the processor. */
  readonly qemu: readonly [program: string, ...parameters: string[]];
  /** The contents of /proc/cpuinfo. QEMU shows that of the host, which ends ONNX Runtime with a segmentation fault on arm64. */
  cpuinfo(): string;
  /** Whether /sys/devices/system/cpu is empty, as on Lambda (microsoft/onnxruntime#10038). */
  readonly hidesSys: boolean;
}

/** What Haswell lacks of the features that QEMU's model of it has, and that QEMU itself does not have. */
const NOT_IN_QEMU = ['pcid', 'x2apic', 'tsc-deadline', 'invpcid', 'spec-ctrl'];
/** Families of instructions that came after AVX2. */
const AFTER_AVX2 = /\b(?:avx512\w*|avx_\w*vnni\w*|avx_vnni\w*|amx_\w+)\b ?/g;

/** x86 with AVX2 and without VNNI. */
const haswell: Processor = {
  name: 'haswell',
  architecture: 'x64',
  qemu: ['qemu-x86_64-static', '-cpu', ['Haswell-v4', ...NOT_IN_QEMU.map((name) => `-${name}`)].join(',')],
  cpuinfo: () => readFileSync('/proc/cpuinfo', 'utf8').replaceAll(AFTER_AVX2, ''),
  hidesSys: false,
};

/** Graviton2, in an environment of Lambda. */
const arm64: Processor = {
  name: 'arm64',
  architecture: 'arm64',
  qemu: ['qemu-aarch64-static', '-cpu', 'neoverse-n1'],
  cpuinfo: () => [0, 1].map(neoverse).join('\n'),
  hidesSys: true,
};

/** One processor of a Graviton2 as Linux describes it. */
function neoverse(index: number): string {
  return `processor	: ${index}
BogoMIPS	: 243.75
Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x3
CPU part	: 0xd0c
CPU revision	: 1
`;
}

export const PROCESSORS: Readonly<Record<string, Processor>> = { haswell, arm64 };
