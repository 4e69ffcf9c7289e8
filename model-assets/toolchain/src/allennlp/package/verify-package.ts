/** Proof of a package that was made of an archive: its files are those of the manifest, and every variant gives the golden answers. */
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { parseAnswerGoldens } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/compare-answers';
import { type ArchiveManifest, packageFiles } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { readFileOf, verifyFiles } from '../../stages/verify/integrity.ts';
import type { VariantProof } from '../../stages/verify.ts';

/** @throws ToolchainError VERIFY_FAILED; EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, SESSION_FAILED */
export async function verifyArchivePackage(
  packages: string,
  manifest: ArchiveManifest,
  report: (done: number) => void = () => {},
): Promise<readonly VariantProof[]> {
  const { name, version } = manifest;
  const folder = join(packages, name, version);
  await verifyFiles(folder, manifest, packageFiles(manifest));
  const { tolerance, goldens } = parseAnswerGoldens(
    readFileOf(folder, manifest, manifest.goldens).toString(),
  );
  if (goldens.length === 0) throw failed(manifest, 'it has no goldens');
  const proofs: VariantProof[] = [];
  const variants = Object.keys(manifest.variants);
  for (const [place, variant] of variants.entries()) {
    const accepted = tolerance[variant];
    if (accepted === undefined) throw failed(manifest, `its goldens have no tolerance for ${variant}`);
    const engine = new Engine({ packages, variant });
    try {
      const model = await engine.bulkModel({ name, version });
      let largest = 0;
      for (const [index, { input, output }] of goldens.entries()) {
        const { results } = await model.predict(input, {}, { task: 'predictor' });
        const found = compareAnswers(output, results[0]);
        const line = index + 2;
        if (found.problem !== undefined) {
          throw failed(
            manifest,
            `${variant} answers line ${line} of its goldens otherwise: ${found.problem}`,
          );
        }
        if (found.largest > accepted) {
          throw failed(
            manifest,
            `${variant} is off by ${found.largest.toPrecision(3)} in ${found.at} of line ${line} of its goldens; ${accepted} is accepted`,
          );
        }
        largest = Math.max(largest, found.largest);
        report((place + (index + 1) / goldens.length) / variants.length);
      }
      proofs.push({
        ...{ variant, goldens: goldens.length, largest, relative: 0, agreement: 1, sameInAnyBatch: false },
        ...{ tolerance: accepted, warnings: [], loadMs: model.loadTimings.totalMs },
      });
    } finally {
      await engine.dispose();
    }
  }
  return proofs;
}

function failed(
  { name, version }: Pick<ArchiveManifest, 'name' | 'version'>,
  reason: string,
): ToolchainError {
  return new ToolchainError('VERIFY_FAILED', `Package ${name}@${version} is not as it should be: ${reason}.`);
}
