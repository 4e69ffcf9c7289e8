/** The proof of each variant of a package by its goldens, whatever its runtime. */
import type { BulkModel } from '@pilotlight/engine';
import type { ResolvedRef } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { VariantProof } from '../stages/verify.ts';
import { serveVariant } from './serve-variant.ts';

/** A variant, and how far its answers may be off. */
export interface ToleratedVariant {
  readonly variant: string;
  readonly accepted: number;
}

export interface Proving {
  readonly packages: string;
  readonly manifest: ResolvedRef & { readonly variants: object };
  /** How far the answers of each variant may be off from the goldens. */
  readonly tolerance: Readonly<Record<string, number>>;
  readonly prove: (
    model: BulkModel,
    claim: ToleratedVariant,
    report: (done: number) => void,
  ) => Promise<VariantProof>;
}

/** @throws ToolchainError VERIFY_FAILED where a variant has no tolerance, and what `prove` throws */
export async function proveVariants(
  { packages, manifest, tolerance, prove }: Proving,
  report: (done: number) => void,
): Promise<readonly VariantProof[]> {
  const { name, version } = manifest;
  const proofs: VariantProof[] = [];
  const variants = Object.keys(manifest.variants);
  for (const [place, variant] of variants.entries()) {
    const accepted = Object.hasOwn(tolerance, variant) ? tolerance[variant] : undefined;
    if (accepted === undefined)
      throw notAsItShouldBe(manifest, `its goldens have no tolerance for ${variant}`);
    const tell = (done: number): void => report((place + done) / variants.length);
    proofs.push(
      await serveVariant({ packages, name, version, variant }, (model) =>
        prove(model, { variant, accepted }, tell),
      ),
    );
  }
  return proofs;
}

export function notAsItShouldBe({ name, version }: ResolvedRef, reason: string): ToolchainError {
  return new ToolchainError('VERIFY_FAILED', `Package ${name}@${version} is not as it should be: ${reason}.`);
}
