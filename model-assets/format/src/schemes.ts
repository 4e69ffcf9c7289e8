/** The ways to quantise the weights of a variant, and everything that depends on them. A further scheme is one entry of `SCHEMES`. */

/** The runner of the operators of a graph, by its name in ONNX Runtime. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

interface SchemeFacts {
  /** The providers that have kernels for the scheme. */
  readonly providers: readonly ExecutionProvider[];
  /** Batches are padded to a multiple of this number of tokens, up to the longest sequence that the model takes. */
  readonly lengthMultiple: number;
  /**
   * Whether a session computes the constants of the graph once, when it is created: weights that are stored as integers and
   * multiplied as floating-point numbers. @default false
   */
  readonly foldWeights?: boolean;
  /**
   * Whether a graph gives the same bits before and after its weights are packed: its sums are of integers, and the weights of what
   * few products it has in fp32 are never packed. See the engine's session/ADR-packing.md. @default false
   */
  readonly packsExactly?: boolean;
  /**
   * Whether it multiplies 8-bit activations by weights of more than 7 bits, so that sums saturate on x86 without VNNI unless
   * they are computed in another way. @default false
   */
  readonly sumsMaySaturate?: boolean;
}

/**
 * Kernels for the CPU add up four values of a row at a time and the rest one by one. Where the padding of a text makes its last four
 * whole, more padding changes no bit of its answer: layers/engine/src/batching/ADR-same-bits.md.
 */
const FOUR_AT_A_TIME = 4;

/** int8 products have kernels on the CPU only. `FULL`: their weights use all of 8 bits; `SUMS`: they add up integers alone. */
const INT8: SchemeFacts = { providers: ['cpu'], lengthMultiple: FOUR_AT_A_TIME };
const INT8_SUMS: SchemeFacts = { ...INT8, packsExactly: true };
const FULL_INT8: SchemeFacts = { ...INT8, sumsMaySaturate: true };
const FULL_INT8_SUMS: SchemeFacts = { ...INT8_SUMS, sumsMaySaturate: true };

const SCHEMES = {
  /** WebGPU is not among the providers, because it has no kernel for the padding mask of attention as graphs for the CPU have it. */
  fp32: { providers: ['cpu', 'cuda'], lengthMultiple: FOUR_AT_A_TIME },
  /**
   * Made for GPUs. CUDA's fused attention takes a bias of scores for lengths that are multiples of 8, and tensor cores work
   * in such tiles.
   */
  fp16: { providers: ['cpu', 'cuda', 'webgpu'], lengthMultiple: 8 },
  /** Channels of the activations equalised, one scale and zero point for each tensor of them, fixed when the model is packaged. */
  'int8-static': FULL_INT8_SUMS,
  'int8-static-7bit': INT8_SUMS,
  /** The same, with single products whose activations have a scale a row, computed at run time. */
  'int8-static-rows': FULL_INT8_SUMS,
  'int8-static-rows-7bit': INT8_SUMS,
  /** A scale a row for the activations of every product, computed at run time. */
  'int8-rows': FULL_INT8_SUMS,
  'int8-rows-7bit': INT8_SUMS,
  /** Weights and activations with a scale for each block of so many channels. */
  'int8-blocks-64': INT8,
  'int8-blocks-32': INT8,
  /** The same in blocks of 64, and LSTMs row by row, with one scale for the activations of a row. */
  'int8-blocks-64-lstm': FULL_INT8,
  /** Weights stored as integers, and everything computed in fp32. */
  'int8-weights': { ...INT8, foldWeights: true },
  /** What packages had before: activations with one scale a batch, so that answers move a little with their neighbours. */
  'int8-dynamic-per-channel': FULL_INT8,
  /** `-7bit`: weights of a reduced range, for x86 without VNNI, where sums of u8 x s8 products saturate. */
  'int8-dynamic-per-channel-7bit': INT8,
  /** Quantised by whoever exported the graph, in a way of their own, to 8 or to 4 bits. */
  'int8-exported': FULL_INT8,
  'int4-exported': INT8,
} as const satisfies Record<string, SchemeFacts>;

export type SchemeName = keyof typeof SCHEMES;
export const SCHEME_NAMES = Object.keys(SCHEMES) as [SchemeName, ...SchemeName[]];

/** Looks up the facts of a scheme: which providers run it, how its batches are padded, how a session opens it. */
export function describeScheme(scheme: SchemeName): SchemeFacts {
  return SCHEMES[scheme];
}
