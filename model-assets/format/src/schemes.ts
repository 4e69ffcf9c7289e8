/** The ways to quantise the weights of a variant, and everything that depends on them. A further scheme is one entry of `SCHEMES`. */

/** The runner of the operators of a graph, by its name in ONNX Runtime. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

interface SchemeFacts {
  /** The providers that have kernels for the scheme. */
  readonly providers: readonly ExecutionProvider[];
  /** Batches are padded to a multiple of this number of tokens, up to the longest sequence that the model takes. */
  readonly lengthMultiple: number;
  /**
   * Whether it multiplies 8-bit activations by weights of more than 7 bits, so that sums saturate on x86 without VNNI unless
   * they are computed in another way. @default false
   */
  readonly sumsMaySaturate?: boolean;
}

/** int8 products have kernels on the CPU only. */
const INT8: SchemeFacts = { providers: ['cpu'], lengthMultiple: 1 };

/** Products whose weights use all of 8 bits. */
const FULL_INT8: SchemeFacts = { ...INT8, sumsMaySaturate: true };

const SCHEMES = {
  /** WebGPU is not among the providers, because it has no kernel for the padding mask of attention as graphs for the CPU have it. */
  fp32: { providers: ['cpu', 'cuda'], lengthMultiple: 1 },
  /**
   * Made for GPUs. CUDA's fused attention takes a bias of scores for lengths that are multiples of 8, and tensor cores work
   * in such tiles.
   */
  fp16: { providers: ['cpu', 'cuda', 'webgpu'], lengthMultiple: 8 },
  'int8-dynamic-per-channel': FULL_INT8,
  /** Weights of a reduced range, for x86 without VNNI, where sums of u8 x s8 products saturate. */
  'int8-dynamic-per-channel-7bit': INT8,
  /** Quantised by whoever exported the graph, in a way of their own, to 8 or to 4 bits. */
  'int8-exported': FULL_INT8,
  'int4-exported': INT8,
} as const satisfies Record<string, SchemeFacts>;

export type SchemeName = keyof typeof SCHEMES;
export const SCHEME_NAMES = Object.keys(SCHEMES) as [SchemeName, ...SchemeName[]];

/** Looks up the facts of a scheme: which providers run it, and how its batches are padded. */
export function describeScheme(scheme: SchemeName): SchemeFacts {
  return SCHEMES[scheme];
}
