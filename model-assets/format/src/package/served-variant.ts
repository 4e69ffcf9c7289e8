/** Chooses which variant of a package is served where, and what runs it. */
import { EngineError } from '../errors.ts';
import type { OnnxManifest, Variant } from '../manifest/onnx.ts';
import type { PackageManifest } from '../manifest/package-manifest.ts';
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

/**
 * The name of what is served of a package where a call names no variant: `wanted`, else the one for `provider`. Of a model of
 * transformers.js, which has no variants, it is the dtype.
 */
export function servedVariant(
  manifest: PackageManifest,
  provider: ExecutionProvider,
  wanted?: string | undefined,
): string {
  if (manifest.runtime === 'transformers.js') return manifest.dtype;
  if (wanted !== undefined) return wanted;
  return manifest.runtime === 'onnx' ? variantFor(manifest, provider) : manifest.defaultVariant;
}

/** What every variant of a package has, whatever runs it. */
export interface VariantFiles {
  readonly files: Variant['files'];
  readonly graphs?: Readonly<Record<string, { readonly file: string } | undefined>>;
}

/** The variants of any package by their names; a model of transformers.js is one by itself, by the name of its dtype. */
export function variantsOf(manifest: PackageManifest): Readonly<Record<string, VariantFiles>> {
  return manifest.runtime === 'transformers.js' ? { [manifest.dtype]: manifest } : manifest.variants;
}

/** The variant of that name of a package. @throws EngineError PACKAGE_INVALID with the names that there are */
export function requireVariant<V extends object>(
  { name, version }: ResolvedRef,
  variants: Readonly<Record<string, V>>,
  wanted: string,
): V {
  const variant = ownValue(variants, wanted);
  if (variant) return variant;
  throw new EngineError(
    'PACKAGE_INVALID',
    `Model ${formatModelRef({ name, version })} has no variant ${wanted}; it has ${Object.keys(variants).join(', ')}. Choose one of them, or package the model again.`,
    { details: { model: name, version } },
  );
}

/** Chooses what runs a variant on a machine with `provider`: `provider` where it has kernels for the variant, else the CPU. */
export function providerFor(
  { scheme }: Pick<Variant, 'scheme'>,
  provider: ExecutionProvider,
): ExecutionProvider {
  return describeScheme(scheme).providers.includes(provider) ? provider : 'cpu';
}
