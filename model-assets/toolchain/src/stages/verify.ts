/** Proof of a package: its files are those of the manifest, and every variant gives the golden answers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine, type ExecutionProvider } from '@pilotlight/engine';
import type { OnnxManifest } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { parseGoldens } from '../package-files/goldens-file.ts';
import { type VariantDeviation, verifyGoldens } from './verify/goldens.ts';
import { verifyIntegrity } from './verify/integrity.ts';

export { measureTolerance, type VariantDeviation, verifyGoldens } from './verify/goldens.ts';

export interface VariantProof extends VariantDeviation {
  readonly variant: string;
  readonly tolerance: number;
  readonly goldens: number;
  /** Milliseconds from the package on disk to a model that can predict. */
  readonly loadMs: number;
}

/**
 * Verifies one package through the serving engine, every variant, on the execution provider where it can run the variant.
 * Throws VERIFY_FAILED, PACKAGE_INVALID, PACKAGE_CORRUPT or SESSION_FAILED with the first thing that is wrong.
 */
export async function verifyVariants(
  packages: string,
  manifest: OnnxManifest,
  report: (done: number) => void = () => {},
  executionProvider: ExecutionProvider = 'cpu',
): Promise<readonly VariantProof[]> {
  const { name, version } = manifest;
  const folder = join(packages, name, version);
  await verifyIntegrity(folder, manifest);
  const { goldens, tolerance } = parseGoldens(await readFile(join(folder, manifest.goldens.path), 'utf8'));
  const proofs: VariantProof[] = [];
  const variants = Object.keys(manifest.variants);
  for (const [index, variant] of variants.entries()) {
    const accepted = tolerance[variant];
    if (accepted === undefined) {
      throw new ToolchainError(
        'VERIFY_FAILED',
        `The goldens of ${name}@${version} have no tolerance for ${variant}.`,
      );
    }
    const engine = new Engine({ packages, variant, executionProvider });
    try {
      const predictor = await engine.predictor({ name, version });
      const deviation = await verifyGoldens(predictor, goldens, accepted, (done) =>
        report((index + done) / variants.length),
      );
      const loadMs = predictor.loadTimings.totalMs;
      proofs.push({ variant, ...deviation, tolerance: accepted, goldens: goldens.length, loadMs });
    } finally {
      await engine.dispose();
    }
  }
  return proofs;
}
