/** Which variant of a package is served where, and what runs it. */
import type { OnnxManifest, Variant } from './manifest/onnx.ts';

/** What runs the operators of a graph, by its name in ONNX Runtime. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

/**
 * The variant to serve on `provider` where none is asked for by name: on the CPU the manifest's `defaultVariant`; on a GPU
 * the one that was made for GPUs, with CUDA fp32 in its place, else the default, which stays on the CPU.
 */
export function variantFor(
  { variants, defaultVariant }: Pick<OnnxManifest, 'variants' | 'defaultVariant'>,
  provider: ExecutionProvider,
): string {
  if (provider === 'cpu') return defaultVariant;
  const names = Object.keys(variants);
  const forGpu = names.find((name) => variants[name]?.tier === 'gpu');
  const onGpu = names.find((name) => {
    const variant = variants[name];
    return variant !== undefined && providerFor(variant, provider) === provider;
  });
  return forGpu ?? onGpu ?? defaultVariant;
}

/**
 * What runs a variant on a machine with `provider`: `provider`, or the CPU. int8 products have kernels on the CPU only, and
 * WebGPU has none for the padding mask of attention as graphs for the CPU have it.
 */
export function providerFor(
  { scheme }: Pick<Variant, 'scheme'>,
  provider: ExecutionProvider,
): ExecutionProvider {
  switch (scheme) {
    case 'fp16':
      return provider;
    case 'fp32':
      return provider === 'cuda' ? provider : 'cpu';
    case 'int8-dynamic-per-channel':
    case 'int8-dynamic-per-channel-7bit':
      return 'cpu';
  }
}
