/**
 * Makes a package out of a checkpoint that generates text: read it -> build fp32 -> make goldens with it -> climb the ladder of int8, judged
 * by its texts -> verify -> publish. This file composes the stages; each of them stands alone.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerationGolden } from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import type { GenerationManifest, GenerationVariant } from '@pilotlight/model-format';
import { publish } from '../../package/publish.ts';
import { type Staging, withStaging } from '../../package/staging.ts';
import { type Progress, silent } from '../../progress.ts';
import { optimise } from '../../stages/optimise.ts';
import type { VariantProof } from '../../stages/verify.ts';
import { calibrateGenerator } from './calibrate-generator.ts';
import { chooseInputs } from './calls.ts';
import { FP32_TOLERANCE } from './compare-goldens.ts';
import { evaluateGenerator } from './evaluate-generator.ts';
import { makeGenerationGoldens } from './goldens.ts';
import { encodeInputs, makeTextReference } from './judge-text.ts';
import { climbTextLadder, isTooSmall, type TextAttempt, type TextLadder } from './ladder.ts';
import { measureGenerationSpeed } from './measure-speed.ts';
import type { GeneratorOptions } from './options.ts';
import { type GeneratorFacts, readGenerator } from './read-generator.ts';
import { TextScorer } from './score-text.ts';
import { type ProvenVariant, type ProvenVariants, StagedGenerator } from './staged-generator.ts';
import { type StagedGraphs, stageGraphs } from './staged-graphs.ts';
import { verifyGenerationPackage } from './verify-package.ts';
import { writeGeneratorVariant } from './write-variant.ts';

const DEFAULT_VARIANTS: NonNullable<GeneratorOptions['variants']> = ['int8'];

export interface GeneratorResult {
  readonly folder: string;
  readonly manifest: GenerationManifest;
  /** The rungs of int8 that were tried, the last of which was taken if it misses nothing. */
  readonly tried: readonly TextAttempt[];
  readonly proofs: readonly VariantProof[];
  /** Facts about the source that the person who packages the model should know. */
  readonly notes: readonly string[];
}

/**
 * Packages a model that generates text. The folder of the package appears complete or not at all.
 *
 * @throws ToolchainError, EngineError; docs/how-to/generate-text.md says what is refused and why
 */
export async function packageGenerator(
  options: GeneratorOptions,
  progress: Progress = silent,
): Promise<GeneratorResult> {
  return withStaging(options, async (staging) => {
    const { graphs, facts } = await progress.stage('read', async () => {
      const { built, ...read } = readGenerator(options.source, options);
      return { graphs: stageGraphs(built, staging.root), facts: read };
    });
    return new Packaging({ options, staging, graphs, facts, progress }).run();
  });
}

interface Parts {
  readonly options: GeneratorOptions;
  readonly staging: Staging;
  readonly graphs: StagedGraphs;
  readonly facts: GeneratorFacts;
  readonly progress: Progress;
}

/** What the rungs of int8 are compared with. */
interface Evidence {
  readonly fp32: ProvenVariant;
  readonly inputs: readonly string[];
  readonly goldens: readonly GenerationGolden[];
}

/** One model on its way. */
class Packaging {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(): Promise<GeneratorResult> {
    const { options, staging, facts, progress } = this.#parts;
    const inputs = await chooseInputs(facts.task, options.texts);
    const variant = await this.#buildFp32();
    const staged = await StagedGenerator.open(staging, facts, options, inputs[0]);
    await staged.write({ fp32: { variant, tolerance: FP32_TOLERANCE } }, []);
    const goldens = await this.#makeGoldens(staged, inputs);
    const fp32 = await this.#measure(staged, variant);
    const { taken, tried, notes } = await this.#climb(staged, { fp32, goldens, inputs });
    const quality = await this.#evaluate(staged, taken);
    const manifest = await staged.write(this.#keep(fp32, taken), goldens, quality);
    const proofs = await progress.stage('verify package', (report) =>
      verifyGenerationPackage(staging.root, manifest, report),
    );
    const folder = await publish(staging, manifest, options.force);
    return { folder, manifest, tried, proofs, notes: [...facts.notes, ...notes] };
  }

  #buildFp32(): Promise<GenerationVariant> {
    const { graphs, staging, progress } = this.#parts;
    return progress.stage('optimise fp32', () =>
      writeGeneratorVariant(graphs, staging, { name: 'fp32', scheme: 'fp32' }, (graph, scratch) =>
        optimise(graph.load(), { scratch }),
      ),
    );
  }

  #makeGoldens(staged: StagedGenerator, inputs: readonly string[]): Promise<readonly GenerationGolden[]> {
    const hasEncoder = this.#parts.graphs.encoder !== undefined;
    return this.#parts.progress.stage('goldens', (report) =>
      staged.serve('fp32', (model) => makeGenerationGoldens(model, inputs, { hasEncoder }, report)),
    );
  }

  async #measure(staged: StagedGenerator, variant: GenerationVariant): Promise<ProvenVariant> {
    const { facts, progress } = this.#parts;
    const speed = await progress.stage('measure speed', (report) =>
      staged.serve('fp32', (model) => measureGenerationSpeed(model, facts.decoder, report)),
    );
    return { variant: { ...variant, speed }, tolerance: FP32_TOLERANCE };
  }

  async #climb(
    staged: StagedGenerator,
    evidence: Evidence,
  ): Promise<TextLadder & Pick<GeneratorResult, 'notes'>> {
    const { options, staging, graphs, progress } = this.#parts;
    const { fp32, goldens, inputs } = evidence;
    if (!(options.variants ?? DEFAULT_VARIANTS).includes('int8')) return { tried: [], notes: [] };
    if (isTooSmall(fp32, options))
      return { tried: [], notes: ['the model is so small that int8 would be no faster: fp32 is served'] };
    const manifest = await staged.write({ fp32 }, goldens);
    const reference = await progress.stage('judge fp32', () =>
      staged.serve('fp32', (model) =>
        TextScorer.with(staging.folder, fp32.variant, manifest.decoder, async (scorer) =>
          makeTextReference(model, scorer, manifest, await encodeInputs(staging.folder, manifest, inputs)),
        ),
      ),
    );
    const ladder = await climbTextLadder({
      ...{ staged, graphs, manifest, fp32, goldens, reference, options, progress },
      calibration: calibrateGenerator(staged, manifest, fp32.variant),
    });
    return { ...ladder, notes: ladder.taken ? [] : ['int8 loses too much on every rung: fp32 is served'] };
  }

  async #evaluate(
    staged: StagedGenerator,
    int8: ProvenVariant | undefined,
  ): Promise<NonNullable<GenerationManifest['quality']>> {
    const { options, progress } = this.#parts;
    const { variants: [first] = DEFAULT_VARIANTS, evaluations = [] } = options;
    const served = int8 !== undefined && first !== 'fp32' ? 'int8' : 'fp32';
    const quality: NonNullable<GenerationManifest['quality']> = [];
    for (const evaluation of evaluations) {
      const entries = await progress.stage(`evaluate ${evaluation.dataset}`, (report) =>
        staged.serve('fp32', (fp32) =>
          staged.serve(served, (model) => evaluateGenerator(fp32, model, evaluation, report)),
        ),
      );
      quality.push(...entries);
    }
    return quality;
  }

  /** The variants of the package in the order that was asked for; fp32 where there is no other. */
  #keep(fp32: ProvenVariant, int8: ProvenVariant | undefined): ProvenVariants {
    const { options, staging } = this.#parts;
    const { variants = DEFAULT_VARIANTS } = options;
    if (int8 === undefined) return { fp32 };
    if (variants.includes('fp32')) return variants[0] === 'fp32' ? { fp32, int8 } : { int8, fp32 };
    rmSync(join(staging.folder, 'fp32'), { recursive: true });
    return { int8 };
  }
}
