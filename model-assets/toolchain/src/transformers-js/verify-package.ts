/** Proof of a package that transformers.js runs: its files are those of the manifest, and it answers as it did. */
import { join } from 'node:path';
import { Engine, type TransformersJsManifest } from '@pilotlight/engine';
import { ToolchainError } from '../errors.ts';
import { readFileOf, verifyFiles } from '../stages/verify/integrity.ts';
import type { VariantProof } from '../stages/verify.ts';
import { largestDifference, PIPELINE_TOLERANCE, parsePipelineGoldens } from './goldens.ts';

/** @throws ToolchainError VERIFY_FAILED; EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, SESSION_FAILED */
export async function verifyTransformersJs(
  packages: string,
  manifest: TransformersJsManifest,
): Promise<VariantProof> {
  const { name, version, dtype, goldens, modelCard, files } = manifest;
  const folder = join(packages, name, version);
  await verifyFiles(folder, manifest, [...files, goldens, modelCard]);
  const expected = parsePipelineGoldens(readFileOf(folder, manifest, goldens).toString());
  const engine = new Engine({ packages });
  try {
    const model = await engine.model({ name, version });
    let largest = 0;
    for (const { inputs, parameters, result } of expected) {
      const { results } = await model.predict(inputs, parameters);
      largest = Math.max(largest, largestDifference(result, results[0]));
    }
    if (largest > PIPELINE_TOLERANCE) {
      throw new ToolchainError(
        'VERIFY_FAILED',
        `Package ${name}@${version} does not answer as it did: it differs by ${largest}, and ${PIPELINE_TOLERANCE} is accepted.`,
      );
    }
    return {
      variant: dtype,
      goldens: expected.length,
      largest,
      relative: 0,
      agreement: 1,
      sameInAnyBatch: false,
      tolerance: PIPELINE_TOLERANCE,
      warnings: [],
      loadMs: model.loadTimings.totalMs,
    };
  } finally {
    await engine.dispose();
  }
}
