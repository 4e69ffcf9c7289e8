/** Proof of a package: its files are those of the manifest, and every variant gives the golden answers. */
import { join } from 'node:path';
import { Engine, type ExecutionProvider } from '@pilotlight/engine';
import type { OnnxManifest } from '@pilotlight/model-format';
import { parseGoldens } from '../package-files/goldens-file.ts';
import { requireEvidence } from './verify/evidence.ts';
import { type VariantDeviation, verifyGoldens } from './verify/goldens.ts';
import { readFileOf, verifyIntegrity } from './verify/integrity.ts';

export { type Bounds, measureTolerance, type VariantDeviation, verifyGoldens } from './verify/goldens.ts';

export interface VariantProof extends VariantDeviation {
  readonly variant: string;
  readonly tolerance: number;
  readonly goldens: number;
  /** Facts that a reader of the proof should know, though nothing failed. */
  readonly warnings: readonly string[];
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
  const evidence = parseGoldens(readFileOf(folder, manifest, manifest.goldens).toString());
  const { goldens, labels } = evidence;
  const proofs: VariantProof[] = [];
  const variants = Object.entries(manifest.variants);
  for (const [index, entry] of variants.entries()) {
    const [variant, { sameInAnyBatch }] = entry;
    const tolerance = requireEvidence(evidence, manifest, entry);
    const engine = new Engine({ packages, variant, executionProvider });
    try {
      const predictor = await engine.predictor({ name, version });
      const deviation = await verifyGoldens(predictor, goldens, { tolerance, sameInAnyBatch }, (done) =>
        report((index + done) / variants.length),
      );
      const loadMs = predictor.loadTimings.totalMs;
      const warnings = findWarnings(deviation, labels === undefined && manifest.labels.length > 0);
      proofs.push({ variant, ...deviation, tolerance, goldens: goldens.length, warnings, loadMs });
    } finally {
      await engine.dispose();
    }
  }
  return proofs;
}

/** Below this share of rows with the label that fp32 gives, a reader should look at the quality of the variant. */
const USUAL_AGREEMENT = 0.9;

function findWarnings({ agreement }: VariantDeviation, labelsAreUnproven: boolean): string[] {
  const percent = (100 * agreement).toFixed(1);
  return [
    ...(agreement < USUAL_AGREEMENT ? [`only ${percent} % of the labels are those of fp32`] : []),
    ...(labelsAreUnproven ? ['its goldens do not name the labels; package it again'] : []),
  ];
}
