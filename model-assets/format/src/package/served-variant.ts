/** Chooses which variant of a package is served where, and what runs it. */
import { EngineError } from '../errors.ts';
import type { OnnxManifest, Variant } from '../manifest/onnx.ts';
import { formatModelRef, type ResolvedRef } from '../ref/model-ref.ts';
import { describeScheme, type ExecutionProvider } from '../schemes.ts';
import { ownValue } from '../untrusted.ts';

/**
 * Chooses the variant to serve on `provider` where the caller names none. The CPU serves the manifest's `defaultVariant`. A GPU
 * serves the variant that was made for GPUs, else the first that it has kernels for, else the default, which stays on the CPU.
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

/** The variant of that name. @throws EngineError PACKAGE_INVALID with the names that there are */
export function requireVariant<V extends object>(
  manifest: ResolvedRef & { readonly variants: Readonly<Record<string, V>> },
  name: string,
): V {
  const variant = ownValue(manifest.variants, name);
  if (variant) return variant;
  throw new EngineError(
    'PACKAGE_INVALID',
    `Model ${formatModelRef(manifest)} has no variant ${name}; it has ${Object.keys(manifest.variants).join(', ')}.`,
    { details: { model: manifest.name, version: manifest.version } },
  );
}

/** Chooses what runs a variant on a machine with `provider`: `provider` where it has kernels for the variant, else the CPU. */
export function providerFor(
  { scheme }: Pick<Variant, 'scheme'>,
  provider: ExecutionProvider,
): ExecutionProvider {
  return describeScheme(scheme).providers.includes(provider) ? provider : 'cpu';
}
