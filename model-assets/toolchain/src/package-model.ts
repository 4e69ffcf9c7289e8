/**
 * Makes a package out of a source: read it -> build each scheme that is asked for -> make goldens with fp32 -> compare it with
 * itself in a batch, and the others with it, again with fewer layers where they are not good enough -> tune -> evaluate -> verify
 * -> publish. This file composes the stages; each of them stands alone.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Golden, TokenRequest } from '@pilotlight/engine';
import { toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import type { OnnxManifest, Quality, TextProcessing } from '@pilotlight/model-format';
import { type PackageOptions, type Settings, withDefaults } from './options.ts';
import { passGate, type Trial } from './package/pass-gate.ts';
import { publish } from './package/publish.ts';
import { passNeighbours } from './package/quality-gate.ts';
import { StagedPackage } from './package/staged-package.ts';
import { type StagedSource, stageSource } from './package/staged-source.ts';
import { type Staging, withStaging } from './package/staging.ts';
import { type PackageFacts, type SourceFacts, writeTokenizer } from './package/write-package.ts';
import { type Progress, silent } from './progress.ts';
import { type Feed, runGraph } from './runtime/run-graph.ts';
import {
  type PlannedVariant,
  planVariants,
  SCHEMES,
  type VariantName,
  type VariantPlan,
} from './schemes/index.ts';
import type { QuantiseSettings, Scheme } from './schemes/scheme.ts';
import { type ModelSource, readSource } from './sources/index.ts';
import { calibrationRequests, encodeFeeds } from './stages/calibrate.ts';
import { evaluate } from './stages/evaluate.ts';
import { builtInRequests, makeGoldens, readRequests } from './stages/goldens.ts';
import { explainRefusedBatch, measureNeighbours } from './stages/neighbours.ts';
import { type LayerError, layerErrors, type QuantiseReport } from './stages/quantise.ts';
import { tuneTokenBudget } from './stages/tune.ts';
import {
  measureTolerance,
  type VariantDeviation,
  type VariantProof,
  verifyGoldens,
  verifyVariants,
} from './stages/verify.ts';

export interface PackageResult {
  readonly folder: string;
  readonly manifest: OnnxManifest;
  /** A report on the weights that the int8 variant quantised; absent where only fp32 is packaged. */
  readonly quantised?: QuantiseReport;
  readonly proofs: readonly VariantProof[];
  /** Facts about the source that the person who packages the model should know. */
  readonly notes: readonly string[];
}

/**
 * Packages a model. The folder of the package appears complete or not at all; `progress` is told of every stage.
 *
 * @throws ToolchainError, EngineError; docs/how-to/bring-in-a-model.md says what to do on each code.
 */
export async function packageModel(
  options: PackageOptions,
  progress: Progress = silent,
): Promise<PackageResult> {
  const settings = withDefaults(options);
  return withStaging(settings, async (staging) => {
    const source = await progress.stage('read', async () =>
      stageSource(await readSource(settings.source, settings), staging.root),
    );
    return new Packaging(settings, staging, source, progress).run();
  });
}

/** Longer texts say nothing more of the error of a layer, and take much memory where every layer is computed twice. */
const LONGEST_PROBE = 256;

/** One model on its way. */
class Packaging {
  readonly #settings: Settings;
  readonly #staging: Staging;
  readonly #source: StagedSource;
  readonly #plan: VariantPlan;
  readonly #progress: Progress;
  readonly #package: StagedPackage;
  readonly #deviations = new Map<VariantName, VariantDeviation>();
  readonly #notes = new Map<VariantName, readonly string[]>();
  #quantised: QuantiseReport | undefined;
  #textProcessing: TextProcessing | undefined;

  constructor(settings: Settings, staging: Staging, source: StagedSource, progress: Progress) {
    this.#settings = settings;
    this.#staging = staging;
    this.#source = source;
    this.#plan = planVariants(settings, source.facts.precision);
    this.#progress = progress;
    this.#package = new StagedPackage(settings, staging, progress);
  }

  async run(): Promise<PackageResult> {
    const { variants, force } = this.#settings;
    const served = variants[0] ?? 'int8';
    const { facts: source } = this.#source;
    const { reference, others } = this.#plan;
    await this.#buildVariant(reference);
    for (const planned of others) if (!planned.scheme.needsFeeds) await this.#buildVariant(planned);
    const builtIn = builtInRequests({ task: source.task, ...source.tokenizer });
    const { texts } = this.#settings;
    const own = texts === undefined ? undefined : await readRequests(texts);
    const requests = own ?? builtIn;
    const textProcessing = await this.#progress.stage('try tokenizer', () =>
      writeTokenizer(this.#staging.folder, source, [...builtIn, ...(own ?? [])]),
    );
    this.#textProcessing = textProcessing;
    const facts = { ...source, textProcessing };
    await this.#package.writeDraft(facts, reference.variant);

    const goldens = await this.#makeGoldens(requests);
    await this.#passNeighbourGate(goldens);
    for (const planned of others) await this.#passGate(planned, facts, goldens);
    const tolerance = await this.#measure(goldens);
    await this.#tune();
    const quality = await this.#evaluate(served);

    await this.#package.keepOnly(variants);
    const manifest = await this.#package.write(facts, served, { tolerance, goldens }, quality);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyVariants(this.#staging.root, manifest, report),
    );
    const folder = await publish(this.#staging, manifest, force);
    return {
      folder,
      manifest,
      proofs,
      notes: [...facts.notes, ...[...this.#notes.values()].flat()],
      ...(this.#quantised && { quantised: this.#quantised }),
    };
  }

  /** The weights are read from the staged source as they are needed, so that one copy of them is in memory at most. */
  async #buildVariant(
    { variant, scheme }: PlannedVariant,
    trial: Trial = { settings: this.#settings.quantise, keep: [] },
    goldens: readonly Golden[] = [],
  ): Promise<void> {
    const { keep } = trial;
    const settings = { ...trial.settings, keep: [...trial.settings.keep, ...keep] };
    const { inputs, outputs, facts } = this.#source;
    const scratch = mkdtempSync(join(this.#staging.root, 'scratch-'));
    try {
      const { model, twin, quantised, notes } = await scheme.build(this.#source.load(), {
        settings,
        progress: this.#progress,
        scratch,
        feeds: () => this.#feedsOf(goldens),
        calibration: () => this.#calibrationFeeds(),
      });
      const values = valuesPerToken(outputs, facts);
      const common = { inputs, outputs, keep, tier: scheme.tier, scheme: scheme.nameInManifest(settings) };
      const { tokenBudget = scheme.largestBudget(values) } = this.#settings;
      await this.#package.addVariant(variant, model, { ...common, tokenBudget });
      if (twin !== undefined) {
        const onCpu = SCHEMES.fp32.largestBudget(values);
        await this.#package.addVariant(`${variant}-twin`, twin, { ...common, tokenBudget: onCpu });
      }
      if (quantised !== undefined) this.#quantised = quantised;
      this.#notes.set(variant, notes ?? []);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /**
   * Compares a variant with the goldens, and builds it again where it has to be better.
   *
   * @throws ToolchainError VERIFY_FAILED where that is not enough
   */
  async #passGate(planned: PlannedVariant, facts: PackageFacts, goldens: readonly Golden[]): Promise<void> {
    const { variant, scheme } = planned;
    const { quantise: settings } = this.#settings;
    const attempt = async (trial: Trial): Promise<VariantDeviation> => {
      await this.#buildVariant(planned, trial, goldens);
      await this.#package.writeDraft(facts, this.#plan.reference.variant);
      return this.#compare(variant, goldens);
    };
    const plain = scheme.needsFeeds
      ? await attempt({ settings, keep: [] })
      : await this.#compare(variant, goldens);
    const notes = await passGate({
      ...{ variant, scheme, settings, plain, attempt },
      layers: (probe, chosen) => this.#measureLayers(probe, chosen, goldens),
    });
    this.#notes.set(variant, [...(this.#notes.get(variant) ?? []), ...notes]);
  }

  /** The layers by what the scheme costs each of them on the goldens, the worst first. */
  async #measureLayers(
    probe: NonNullable<Scheme['probe']>,
    settings: QuantiseSettings,
    goldens: readonly Golden[],
  ): Promise<readonly LayerError[]> {
    const short = goldens.filter(({ ids }) => ids.length <= LONGEST_PROBE);
    const feeds = await this.#feedsOf(short.length > 0 ? short : goldens);
    return this.#progress.stage('measure layers', async (report) => {
      const model = this.#source.load();
      const probes = probe(model, settings);
      return layerErrors(probes, await runGraph(model, feeds, report, this.#staging.root));
    });
  }

  /** The goldens as the inputs of a graph. */
  async #feedsOf(goldens: readonly Golden[]): Promise<readonly Feed[]> {
    const { inputs } = this.#source;
    const results = await this.#package.serving(this.#plan.reference.variant, (predictor) =>
      predictor.infer(goldens.map(toGoldenRequest), { truncate: true }),
    );
    return results.map(({ encoding: { ids, typeIds } }) => {
      const values = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: typeIds };
      return Object.fromEntries(inputs.map(({ name, role }) => [name, values[role]]));
    });
  }

  /** The built-in calibration texts as the inputs of a graph; the tokenizer is written before any scheme asks for them. */
  async #calibrationFeeds(): Promise<readonly Feed[]> {
    const { facts, inputs } = this.#source;
    const requests = calibrationRequests(facts.task, facts.tokenizer.maskToken);
    if (this.#textProcessing === undefined) return [];
    return encodeFeeds(this.#staging.folder, this.#textProcessing, requests, inputs);
  }

  /** Compares a variant, or its twin where it has one, with the goldens. */
  async #compare(variant: VariantName, goldens: readonly Golden[]): Promise<VariantDeviation> {
    const twin = `${variant}-twin` as const;
    const compared = this.#package.variant(twin) === undefined ? variant : twin;
    const deviation = await this.#progress.stage(`compare ${compared}`, (report) =>
      this.#package.serving(compared, (predictor) => verifyGoldens(predictor, goldens, undefined, report)),
    );
    this.#deviations.set(variant, deviation);
    return deviation;
  }

  #makeGoldens(requests: readonly TokenRequest[]): Promise<readonly Golden[]> {
    return this.#progress.stage('goldens', (report) =>
      this.#package.serving(this.#plan.reference.variant, (predictor) =>
        explainRefusedBatch(() => makeGoldens(predictor, requests, report)),
      ),
    );
  }

  /** Refuses a model whose answers depend on their neighbours, before anything else is compared with them. */
  async #passNeighbourGate(goldens: readonly Golden[]): Promise<void> {
    const { variant } = this.#plan.reference;
    const relative = await this.#progress.stage('compare in a batch', () =>
      this.#package.serving(variant, (predictor) => measureNeighbours(predictor, goldens)),
    );
    const { inputs, facts } = this.#source;
    const notes = passNeighbours(relative, { inputs, precision: facts.precision });
    this.#notes.set(variant, [...(this.#notes.get(variant) ?? []), ...notes]);
  }

  /** Measures the tolerance of each variant that is kept. */
  async #measure(goldens: readonly Golden[]): Promise<Record<string, number>> {
    const tolerance: Record<string, number> = {};
    for (const variant of this.#settings.variants) {
      const deviation = this.#deviations.get(variant) ?? (await this.#compare(variant, goldens));
      tolerance[variant] = measureTolerance(deviation, goldens);
    }
    return tolerance;
  }

  async #tune(): Promise<void> {
    if (this.#settings.tokenBudget !== undefined) return;
    for (const variant of this.#settings.variants) {
      if (SCHEMES[variant].tier === 'gpu') continue;
      const { tokenBudget, msPerToken } = await this.#progress.stage(`tune ${variant}`, (report) =>
        this.#package.serving(variant, (predictor) => tuneTokenBudget(predictor, report)),
      );
      this.#package.tuneVariant(variant, { tokenBudget, inferMsPerToken: msPerToken });
    }
  }

  async #evaluate(served: VariantName): Promise<readonly Quality[]> {
    const quality: Quality[] = [];
    for (const evaluation of this.#settings.evaluations) {
      const entries = await this.#progress.stage(`evaluate ${evaluation.dataset}`, (report) =>
        this.#package.serving(this.#plan.reference.variant, (fp32) =>
          this.#package.serving(served, (predictor) => evaluate(fp32, predictor, evaluation, report)),
        ),
      );
      quality.push(...entries);
    }
    return quality;
  }
}

/** Counts the values of all outputs together that a token gives, if they are many. */
function valuesPerToken(outputs: ModelSource['outputs'], { tokenizer }: SourceFacts): number {
  return outputs.some(({ axes }) => axes.includes('vocabulary')) ? tokenizer.vocabSize : 1;
}
