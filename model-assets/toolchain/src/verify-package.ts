import type { ExecutionProvider, PackageEntry } from '@pilotlight/engine';
import { ToolchainError } from './errors.ts';
import { type VariantProof, verifyVariants } from './stages/verify.ts';
import { verifyTransformersJs } from './transformers-js/verify-package.ts';

export interface VerifyOptions {
  /** Is told the share that is done, 0 to 1. @default - nobody is told */
  readonly report?: (done: number) => void;
  /** Variants that it cannot run are verified on the CPU. @default 'cpu' */
  readonly executionProvider?: ExecutionProvider;
}

/**
 * Verifies one package of the folder `packages` through the serving engine, whatever runs it: its files are those of its
 * manifest, and every variant gives the golden answers.
 *
 * @throws ToolchainError VERIFY_FAILED; EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, SESSION_FAILED: the first thing that is wrong
 */
export async function verifyPackage(
  packages: string,
  { name, version, manifest, problem }: PackageEntry,
  { report = () => {}, executionProvider = 'cpu' }: VerifyOptions = {},
): Promise<readonly VariantProof[]> {
  switch (manifest?.runtime) {
    case 'transformers.js':
      return [await verifyTransformersJs(packages, manifest)];
    case 'onnx':
      return verifyVariants(packages, manifest, report, executionProvider);
    case undefined:
      throw new ToolchainError('VERIFY_FAILED', problem ?? `${name}@${version} has no manifest.`);
  }
}
