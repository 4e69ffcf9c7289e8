/** The facts about a machine that checks judge. A fact is undefined where the machine does not say it, or nobody was asked. */
import type { ProviderTrial } from '@pilotlight/engine';
import type { Requirement } from '@pilotlight/engine/internal/session/provider-requirements';

export interface SystemFacts {
  /** `24.1.0` */
  readonly node: string;
  /** As Node names them: linux, darwin, win32. */
  readonly platform: string;
  readonly arch: string;
  /** The version of the GNU C library; undefined on Linux where there is another one. */
  readonly glibc: string | undefined;
  /** Flags of the first processor in /proc/cpuinfo, by their names there. */
  readonly instructions: readonly string[] | undefined;
  /** Threads that Node would take. */
  readonly cores: number;
  /** Processors' time that the control group allows. @default - as much as there is */
  readonly quota: number | undefined;
}

/** In bytes. */
export interface MemoryFacts {
  readonly total: number;
  /** Of the control group. @default - there is none */
  readonly limit: number | undefined;
  readonly available: number;
}

export interface RuntimeFacts {
  /** The version of onnxruntime-node that is installed. */
  readonly onnxruntime: string | undefined;
  /** Why it cannot be loaded. @default - it can */
  readonly fault: string | undefined;
  /** Whether sums of 8-bit products saturate on this processor, as its kernels answer. */
  readonly saturates: boolean | undefined;
  /** Why the native tokenizers cannot be loaded. @default - they can */
  readonly tokenizersFault: string | undefined;
}

export interface PackageFacts {
  /** `sentiment@1.0.0` */
  readonly ref: string;
  /** Why it is no package that can be served. @default - it is one */
  readonly problem: string | undefined;
  /** The versions of ONNX Runtime that its graphs were optimised by. */
  readonly onnxruntime: readonly string[];
}

export interface GpuFacts {
  readonly requirements: readonly Requirement[];
  /** Libraries of CUDA and cuDNN that the dynamic loader knows, of those that the provider opens. */
  readonly libraries: Readonly<Record<string, boolean>> | undefined;
  /** What a tiny graph said on the GPU. @default - it was not tried */
  readonly trial: ProviderTrial | undefined;
}

export interface AwsFacts {
  /** Where credentials were found, in words; their values are nowhere. @default - none were found */
  readonly credentials: string | undefined;
  /** Milliseconds since 1970. @default - they do not expire */
  readonly expires: number | undefined;
  /** Why none were found. */
  readonly fault: string | undefined;
  readonly region: string | undefined;
}

export interface ClockFacts {
  /** Milliseconds that this machine's clock is ahead of S3's. */
  readonly skewMs: number | undefined;
  /** Who was asked, or why nobody was. */
  readonly asked: string;
}

export interface DiskFacts {
  /** What it is for: packages, temporary files, the cache. */
  readonly use: string;
  readonly path: string;
  /** Bytes; undefined where the folder cannot be looked at. */
  readonly free: number | undefined;
  readonly writable: boolean;
}

export interface LayerFacts {
  readonly folder: string;
  /** Names of the layers that were built: `runtime-arm64-1a2b3c`. */
  readonly built: readonly string[];
}

export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly system: SystemFacts;
  /** Files that may be open at once: what holds, and what it may be raised to. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | undefined;
  readonly memory: MemoryFacts;
  readonly runtime: RuntimeFacts;
  readonly packages: readonly PackageFacts[];
  readonly layers: LayerFacts;
  readonly gpu: GpuFacts | undefined;
  readonly aws: AwsFacts | undefined;
  readonly clock: ClockFacts;
  readonly disks: readonly DiskFacts[];
}
