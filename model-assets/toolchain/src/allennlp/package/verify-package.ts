/** Proof of a package that was made of an archive: its files are those of the manifest, and every variant gives the golden answers. */
import { join } from 'node:path';
import type { BulkModel } from '@pilotlight/engine';
import {
  type AnswerGolden,
  parseAnswerGoldens,
} from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/compare-answers';
import { type ArchiveManifest, packageFiles } from '@pilotlight/model-format';
import {
  notAsItShouldBe,
  type Proving,
  proveVariants,
  type ToleratedVariant,
} from '../../package/prove-variants.ts';
import { readFileOf, verifyFiles } from '../../stages/verify/integrity.ts';
import type { VariantProof } from '../../stages/verify.ts';
import { answerOf } from './staged-archive.ts';

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
  if (goldens.length === 0) throw notAsItShouldBe(manifest, 'it has no goldens');
  const prove: Proving['prove'] = (model, claim, tell) =>
    proveVariant(model, { ...claim, manifest, goldens }, tell);
  return proveVariants({ packages, manifest, tolerance, prove }, report);
}

interface Claim extends ToleratedVariant {
  readonly manifest: ArchiveManifest;
  readonly goldens: readonly AnswerGolden[];
}

async function proveVariant(
  model: BulkModel,
  { manifest, variant, goldens, accepted }: Claim,
  report: (done: number) => void,
): Promise<VariantProof> {
  let largest = 0;
  for (const [index, { input, output }] of goldens.entries()) {
    const found = compareAnswers(output, await answerOf(model, input));
    const line = `line ${index + 2} of its goldens`;
    if (found.problem !== undefined)
      throw notAsItShouldBe(manifest, `${variant} answers ${line} otherwise: ${found.problem}`);
    if (found.largest > accepted) {
      const off = `${found.largest.toPrecision(3)} in ${found.at}`;
      throw notAsItShouldBe(manifest, `${variant} is off by ${off} of ${line}; ${accepted} is accepted`);
    }
    largest = Math.max(largest, found.largest);
    report((index + 1) / goldens.length);
  }
  return {
    ...{ variant, goldens: goldens.length, largest, relative: 0, agreement: 1, sameInAnyBatch: false },
    ...{ tolerance: accepted, warnings: [], loadMs: model.loadTimings.totalMs },
  };
}
