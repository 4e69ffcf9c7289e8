/** Which variant of a package is served where, and what runs it. */
import type { OnnxManifest, Variant } from '../manifest/onnx.ts';
import { type ExecutionProvider, factsOfScheme } from '../schemes.ts';

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

/** The runner of a variant on a machine with `provider`: `provider` where it has kernels for the variant, else the CPU. */
export function providerFor(
  { scheme }: Pick<Variant, 'scheme'>,
  provider: ExecutionProvider,
): ExecutionProvider {
  return factsOfScheme(scheme).providers.includes(provider) ? provider : 'cpu';
}
