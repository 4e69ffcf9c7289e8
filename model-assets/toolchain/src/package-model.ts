/**
 * Makes a package out of a checkpoint: read the source -> build each scheme that is asked for -> make goldens with fp32 -> compare
 * the others, again with fewer layers where they are not good enough -> tune -> evaluate -> verify -> publish. This file
 * composes the stages; each of them stands alone.
 */

import type { Golden } from '@pilotlight/engine';
import { toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import type { OnnxManifest, Quality } from '@pilotlight/model-format';
import { ToolchainError } from './errors.ts';
import { type PackageOptions, type Settings, withDefaults } from './options.ts';
import { describeGate, MAXIMUM_SHARE_KEPT, passesGate } from './package/quality-gate.ts';
import { StagedPackage } from './package/staged-package.ts';
import { type PackageFacts, type SourceFacts, writeTokenizer } from './package/write-package.ts';
import { type Progress, silent } from './progress.ts';
import { SCHEMES, type VariantName } from './schemes/index.ts';
import type { Scheme } from './schemes/scheme.ts';
import { type ModelSource, readSource } from './sources/index.ts';
import { evaluate } from './stages/evaluate.ts';
import { builtInRequests, makeGoldens, readRequests } from './stages/goldens.ts';
import { type Feed, runGraph } from './stages/optimise/run-graph.ts';
import { createStaging, publish, refuseExisting, type Staging } from './stages/pack.ts';
import { fewestKept, type LayerError, layerErrors, type QuantiseReport } from './stages/quantise.ts';
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
  const { packages, name, version, force } = settings;
  refuseExisting(packages, name, version, force);
  const staging = await createStaging(packages, name, version);
  try {
    return await new Packaging(settings, staging, progress).run();
  } finally {
    await staging.dispose();
  }
}

/** One model on its way. */
class Packaging {
  readonly #settings: Settings;
  readonly #staging: Staging;
  readonly #progress: Progress;
  readonly #package: StagedPackage;
  readonly #deviations = new Map<VariantName, VariantDeviation>();
  readonly #notes = new Map<VariantName, readonly string[]>();
  #quantised: QuantiseReport | undefined;

  constructor(settings: Settings, staging: Staging, progress: Progress) {
    this.#settings = settings;
    this.#staging = staging;
    this.#progress = progress;
    this.#package = new StagedPackage(settings, staging, progress);
  }

  async run(): Promise<PackageResult> {
    const { variants, packages, force } = this.#settings;
    const served = variants[0] ?? 'int8';
    const source = await this.#buildVariant('fp32', []);
    const schemes = selectSchemes(variants).filter(([variant]) => variant !== 'fp32');
    for (const [variant, { needsFeeds }] of schemes) if (!needsFeeds) await this.#buildVariant(variant, []);
    const facts = { ...source, textProcessing: await writeTokenizer(this.#staging.folder, source) };
    await this.#package.writeDraft(facts);

    const goldens = await this.#makeGoldens(facts);
    for (const [variant, scheme] of schemes) await this.#passGate(variant, scheme, facts, goldens);
    const tolerance = await this.#measure(goldens);
    await this.#tune();
    const quality = await this.#evaluate(served);

    await this.#package.keepOnly(variants);
    const manifest = await this.#package.write(facts, served, { tolerance, goldens }, quality);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyVariants(this.#staging.root, manifest, report),
    );
    const folder = await publish(this.#staging, packages, manifest, force);
    return {
      folder,
      manifest,
      proofs,
      notes: [...facts.notes, ...[...this.#notes.values()].flat()],
      ...(this.#quantised && { quantised: this.#quantised }),
    };
  }

  /** The graph is read anew for each variant, so that the weights of one are in memory at a time. */
  async #buildVariant(
    variant: VariantName,
    keep: readonly string[],
    goldens: readonly Golden[] = [],
  ): Promise<SourceFacts> {
    const scheme: Scheme = SCHEMES[variant];
    const { quantise } = this.#settings;
    const settings = { ...quantise, keep: [...quantise.keep, ...keep] };
    const { model: source, inputs, outputs, ...facts } = await this.#readSource(variant);
    const { model, twin, quantised, notes } = await scheme.build(source, {
      settings,
      progress: this.#progress,
      scratch: this.#staging.root,
      feeds: () => this.#feedsOf(goldens, inputs),
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
    return facts;
  }

  #readSource(purpose: string): Promise<ModelSource> {
    const { source } = this.#settings;
    return this.#progress.stage(`read for ${purpose}`, () => readSource(source, this.#settings));
  }

  /**
   * Compares a variant with the goldens, and leaves as many of its worst layers in fp32 as the quality gate asks for.
   *
   * @throws ToolchainError VERIFY_FAILED where that is not enough, or where the scheme has no such layers
   */
  async #passGate(
    variant: VariantName,
    scheme: Scheme,
    facts: PackageFacts,
    goldens: readonly Golden[],
  ): Promise<void> {
    const attempt = async (keep: readonly string[]): Promise<VariantDeviation> => {
      await this.#buildVariant(variant, keep, goldens);
      await this.#package.writeDraft(facts);
      return this.#compare(variant, goldens);
    };
    const plain = scheme.needsFeeds ? await attempt([]) : await this.#compare(variant, goldens);
    if (passesGate(plain)) return;
    const missed = `${variant} misses the quality gate (${describeGate(plain)})`;
    const { probe, otherwise } = scheme;
    if (probe === undefined) throw new ToolchainError('VERIFY_FAILED', `${missed}. ${otherwise}`);
    const layers = await this.#measureLayers(probe, goldens);
    let tried: readonly string[] = [];
    const found = await fewestKept(
      layers.map(({ weights }) => weights),
      Math.floor(MAXIMUM_SHARE_KEPT * layers.length),
      async (keep) => {
        tried = keep;
        const deviation = await attempt(keep);
        return passesGate(deviation) ? deviation : undefined;
      },
    );
    if (found === undefined) {
      throw new ToolchainError(
        'VERIFY_FAILED',
        `${missed} even with the worse half of its layers in fp32. ${otherwise}`,
      );
    }
    if (tried.length !== found.kept.length) await attempt(found.kept);
    const kept = layers
      .slice(0, found.kept.length)
      .map(({ weights, relative }) => `${weights} (own error ${(100 * relative).toFixed(1)} %)`);
    this.#notes.set(variant, [
      ...(this.#notes.get(variant) ?? []),
      `${variant} alone misses the quality gate (${describeGate(plain)}): ${kept.length} of ${layers.length} layers ` +
        `stay fp32, ${kept.join(', ')}`,
    ]);
  }

  /** The layers by what the scheme costs each of them on the goldens, the worst first. */
  async #measureLayers(
    probe: NonNullable<Scheme['probe']>,
    goldens: readonly Golden[],
  ): Promise<readonly LayerError[]> {
    const { model, inputs } = await this.#readSource('the error of each layer');
    const feeds = await this.#feedsOf(goldens, inputs);
    const probes = probe(model, this.#settings.quantise);
    const runs = await this.#progress.stage('measure layers', (report) =>
      runGraph(model, feeds, report, this.#staging.root),
    );
    return layerErrors(probes, runs);
  }

  /** The goldens as the inputs of a graph. */
  async #feedsOf(goldens: readonly Golden[], inputs: ModelSource['inputs']): Promise<readonly Feed[]> {
    const results = await this.#package.serving('fp32', (predictor) =>
      predictor.infer(goldens.map(toGoldenRequest), { truncate: true }),
    );
    return results.map(({ encoding: { ids, typeIds } }) => {
      const values = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: typeIds };
      return Object.fromEntries(inputs.map(({ name, role }) => [name, values[role]]));
    });
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

  #makeGoldens(facts: SourceFacts): Promise<readonly Golden[]> {
    const { texts } = this.#settings;
    return this.#progress.stage('goldens', async (report) => {
      const requests =
        texts === undefined
          ? builtInRequests({ task: facts.task, ...facts.tokenizer })
          : await readRequests(texts);
      return this.#package.serving('fp32', (predictor) => makeGoldens(predictor, requests, report));
    });
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
        this.#package.serving('fp32', (fp32) =>
          this.#package.serving(served, (predictor) => evaluate(fp32, predictor, evaluation, report)),
        ),
      );
      quality.push(...entries);
    }
    return quality;
  }
}

/** The schemes of these variants, in the order in which they are built. */
function selectSchemes(variants: readonly VariantName[]): (readonly [VariantName, Scheme])[] {
  const names = Object.keys(SCHEMES) as VariantName[];
  return names.filter((name) => variants.includes(name)).map((name) => [name, SCHEMES[name]]);
}

/** Counts the values of all outputs together that a token gives, if they are many. */
function valuesPerToken(outputs: ModelSource['outputs'], { tokenizer }: SourceFacts): number {
  return outputs.some(({ axes }) => axes.includes('vocabulary')) ? tokenizer.vocabSize : 1;
}
