import type { ExecutionProvider, PackageEntry } from '@pilotlight/engine';
import type { Variant } from '@pilotlight/model-format';
import { ToolchainError } from './errors.ts';
import { passesNeighbourGate } from './package/neighbour-gate.ts';
import type { VariantProof } from './stages/verify.ts';

export interface VerifyOptions {
  /** Is told the share that is done, 0 to 1. @default - nobody is told */
  readonly report?: (done: number) => void;
  /** Variants that it cannot run are verified on the CPU. @default 'cpu' */
  readonly executionProvider?: ExecutionProvider;
}

/**
 * Verifies one package of the folder `packages` through the serving engine, whatever runs it: its files are those of its
 * manifest, and every variant gives the golden answers. What verifies is loaded for the runtime that the package has.
 *
 * @throws ToolchainError VERIFY_FAILED; EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, SESSION_FAILED: the first thing that is wrong
 */
export async function verifyPackage(
  packages: string,
  { name, version, manifest, problem }: PackageEntry,
  { report = () => {}, executionProvider = 'cpu' }: VerifyOptions = {},
): Promise<readonly VariantProof[]> {
  switch (manifest?.runtime) {
    case 'transformers.js': {
      const { verifyTransformersJs } = await import('./transformers-js/verify-package.ts');
      return [await verifyTransformersJs(packages, manifest)];
    }
    case 'onnx': {
      const { verifyVariants } = await import('./stages/verify.ts');
      const proofs = await verifyVariants(packages, manifest, report, executionProvider);
      for (const proof of proofs) refuseDependent(proof, manifest.variants[proof.variant]);
      return proofs;
    }
    case 'generation': {
      const { verifyGenerationPackage } = await import('./generation/package/verify-package.ts');
      return verifyGenerationPackage(packages, manifest, report);
    }
    case 'allennlp': {
      const { verifyArchivePackage } = await import('./allennlp/package/verify-package.ts');
      return verifyArchivePackage(packages, manifest, report);
    }
    case undefined:
      throw new ToolchainError('VERIFY_FAILED', problem ?? `${name}@${version} has no manifest.`);
  }
}

/** Earlier releases published fp32 variants whose answers in a batch are not those alone, with a tolerance as wide as that. */
function refuseDependent(proof: VariantProof, variant: Variant | undefined): void {
  if (variant?.scheme !== 'fp32' || passesNeighbourGate(proof)) return;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  throw new ToolchainError(
    'VERIFY_FAILED',
    `Variant ${proof.variant} gives other answers in a batch than alone (relative error ${percent(proof.relative)}, same label ${percent(proof.agreement)}): ` +
      'what it says of a text depends on its neighbours. Package the model again, which gives the reason.',
  );
}
