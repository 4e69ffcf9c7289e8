/**
 * Proof of a package whose model generates: its files are those of the manifest, every variant gives the golden tokens and scores, and
 * the same bits whether inputs run alone or together.
 */
import { join } from 'node:path';
import type { LoadedModel } from '@pilotlight/engine';
import type { Generation } from '@pilotlight/engine/internal/predict/generation';
import { compareGeneration } from '@pilotlight/engine/internal/runtimes/generation/goldens/compare-generation';
import {
  type GenerationGolden,
  parseGenerationGoldens,
} from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { type GenerationManifest, packageFiles } from '@pilotlight/model-format';
import {
  notAsItShouldBe,
  type Proving,
  proveVariants,
  type ToleratedVariant,
} from '../../package/prove-variants.ts';
import { readFileOf, verifyFiles } from '../../stages/verify/integrity.ts';
import type { VariantProof } from '../../stages/verify.ts';
import { MOST_TOLERANCE } from './compare-goldens.ts';
import { generate, generateTogether } from './generate.ts';
import { LEAST_INPUTS } from './goldens.ts';

/** @throws ToolchainError VERIFY_FAILED; EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, SESSION_FAILED */
export async function verifyGenerationPackage(
  packages: string,
  manifest: GenerationManifest,
  report: (done: number) => void = () => {},
): Promise<readonly VariantProof[]> {
  const { name, version } = manifest;
  const folder = join(packages, name, version);
  await verifyFiles(folder, manifest, packageFiles(manifest));
  const content = readFileOf(folder, manifest, manifest.goldens).toString();
  const { tolerance, goldens } = parseGenerationGoldens(content);
  const different = new Set(goldens.map(({ input }) => input)).size;
  if (different < LEAST_INPUTS)
    throw notAsItShouldBe(
      manifest,
      `its goldens have ${different} different inputs; at least ${LEAST_INPUTS} prove a package`,
    );
  for (const variant of Object.keys(manifest.variants)) {
    const accepted = tolerance[variant] ?? 0;
    if (accepted > MOST_TOLERANCE)
      throw notAsItShouldBe(
        manifest,
        `its goldens have a tolerance for ${variant} of ${accepted}; above ${MOST_TOLERANCE} it proves nothing`,
      );
  }
  const prove: Proving['prove'] = (model, claim, tell) =>
    proveVariant(model, { ...claim, manifest, goldens }, tell);
  return proveVariants({ packages, manifest, tolerance, prove }, report);
}

interface Claim extends ToleratedVariant {
  readonly manifest: GenerationManifest;
  readonly goldens: readonly GenerationGolden[];
}

async function proveVariant(
  model: LoadedModel,
  { manifest, variant, goldens, accepted }: Claim,
  report: (done: number) => void,
): Promise<VariantProof> {
  const alone: Generation[] = [];
  let largest = 0;
  let same = 0;
  for (const [index, golden] of goldens.entries()) {
    const line = `line ${index + 2} of its goldens`;
    const generation = await generate(model, golden.input, golden.parameters);
    const found = compareGeneration(golden, generation);
    if (found.problem !== undefined)
      throw notAsItShouldBe(manifest, `${variant} answers ${line} otherwise: ${found.problem}`);
    if (found.largest > accepted) {
      const off = found.largest.toPrecision(3);
      throw notAsItShouldBe(manifest, `${variant} is off by ${off} in ${line}; ${accepted} is accepted`);
    }
    largest = Math.max(largest, found.largest);
    same += found.same;
    alone.push(generation);
    report((0.5 * (index + 1)) / goldens.length);
  }
  const together = await generateTogether(model, goldens);
  const other = together.findIndex((generation, index) => !isSame(generation, alone[index]));
  if (other >= 0)
    throw notAsItShouldBe(
      manifest,
      `${variant} answers line ${other + 2} of its goldens otherwise beside others than alone`,
    );
  report(1);
  return {
    ...{ variant, goldens: goldens.length, largest, relative: 0, sameInAnyBatch: true, tolerance: accepted },
    agreement: same / goldens.reduce((sum, { ids }) => sum + ids.length, 0),
    warnings: [],
    loadMs: model.loadTimings.totalMs,
  };
}

/** Whether two generations are equal to the last bit. */
function isSame({ sequences: [one] }: Generation, other: Generation | undefined): boolean {
  const [best] = other?.sequences ?? [];
  return (
    best !== undefined &&
    one.score === best.score &&
    one.tokens.length === best.tokens.length &&
    one.tokens.every(({ id, logprob }, place) => {
      const token = best.tokens[place];
      return id === token?.id && logprob === token.logprob;
    })
  );
}
