/**
 * Makes a package out of a source: read it -> build fp32 -> make goldens with it -> compare it with itself in a batch -> climb the
 * ladder of each other variant, which is judged by what it serves -> measure -> evaluate -> verify -> publish. This file composes the
 * stages; each of them stands alone.
 */

import { basename } from 'node:path';
import type { Golden, TokenRequest } from '@pilotlight/engine';
import { toGoldenRequest } from '@pilotlight/engine/internal/predict/goldens/golden';
import type { OnnxManifest, Quality } from '@pilotlight/model-format';
import { LEAST_REFERENCE_TEXTS } from '@pilotlight/model-format/drift';
import { type PackageOptions, type Settings, withDefaults } from './options.ts';
import { climb } from './package/climb.ts';
import { passNeighbours } from './package/neighbour-gate.ts';
import { publish } from './package/publish.ts';
import { type LadderReport, reportLadder } from './package/report-ladder.ts';
import { StagedPackage } from './package/staged-package.ts';
import { type StagedSource, stageSource } from './package/staged-source.ts';
import { type Staging, withStaging } from './package/staging.ts';
import { VariantBuilder } from './package/variant-builder.ts';
import { type PackageFacts, writeTokenizer } from './package/write-package.ts';
import { type Progress, silent } from './progress.ts';
import type { Feed } from './runtime/run-graph.ts';
import {
  type PlannedVariant,
  planVariants,
  SCHEMES,
  type VariantName,
  type VariantPlan,
} from './schemes/index.ts';
import { readSource } from './sources/index.ts';
import { evaluate } from './stages/evaluate.ts';
import { builtInRequests, makeGoldens, readRequests, readTexts } from './stages/goldens.ts';
import { judgeRequests, makeReference, type Reference, selectRequests } from './stages/judge.ts';
import { explainRefusedBatch, measureNeighbours } from './stages/neighbours.ts';
import type { QuantiseReport } from './stages/quantise.ts';
import { recordReference, takesReference } from './stages/record-reference.ts';
import { refuseDamaged } from './stages/refuse-damaged.ts';
import { measureMsPerToken } from './stages/tune.ts';
import { measureTolerance, type VariantProof, verifyVariants } from './stages/verify.ts';

const NO_REFERENCE = `It has no reference of its traffic, so that drift cannot be told: give ${LEAST_REFERENCE_TEXTS} rows or more by --evaluate or --texts, or texts of its traffic to pilotlight models reference.`;

export interface PackageResult {
  readonly folder: string;
  readonly manifest: OnnxManifest;
  /** A report on the weights that the int8 variant quantised; absent where only fp32 is packaged. */
  readonly quantised?: QuantiseReport;
  /** What was tried for each variant that is compared with fp32, and what each attempt loses. */
  readonly ladders: readonly LadderReport[];
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
    const source = await progress.stage('read', async () => {
      const read = await readSource(settings.source, settings);
      refuseDamaged(read.model);
      return stageSource(read, staging.root);
    });
    return new Packaging(settings, staging, source, progress).run();
  });
}

/** One model on its way. */
class Packaging {
  readonly #settings: Settings;
  readonly #staging: Staging;
  readonly #source: StagedSource;
  readonly #plan: VariantPlan;
  readonly #progress: Progress;
  readonly #package: StagedPackage;
  readonly #builder: VariantBuilder;
  readonly #ladders: LadderReport[] = [];
  readonly #notes: string[] = [];

  constructor(settings: Settings, staging: Staging, source: StagedSource, progress: Progress) {
    this.#settings = settings;
    this.#staging = staging;
    this.#source = source;
    this.#plan = planVariants(settings, source.facts.precision);
    this.#progress = progress;
    this.#package = new StagedPackage(settings, staging, progress);
    this.#builder = new VariantBuilder({
      ...{ settings, staging, source, progress, staged: this.#package },
      reference: this.#plan.reference.variant,
    });
  }

  async run(): Promise<PackageResult> {
    const { variants, force } = this.#settings;
    const served = variants[0] ?? 'int8';
    const { facts: source } = this.#source;
    const { reference, others } = this.#plan;
    await this.#builder.buildReference(reference);
    const builtIn = builtInRequests({ task: source.task, ...source.tokenizer });
    const { texts } = this.#settings;
    const own = texts === undefined ? undefined : await readRequests(texts);
    const textProcessing = await this.#progress.stage('try tokenizer', () =>
      writeTokenizer(this.#staging.folder, source, [...builtIn, ...(own ?? [])]),
    );
    const facts = { ...source, textProcessing };
    await this.#package.writeDraft(facts, reference.variant);

    const goldens = await this.#makeGoldens(own ?? builtIn);
    await this.#passNeighbourGate(goldens);
    if (others.length > 0) {
      const judged = await this.#makeReference(
        own ? selectRequests(own) : judgeRequests({ ...source, ...source.tokenizer }),
      );
      for (const planned of others) await this.#climb(planned, { facts, goldens, reference: judged });
    }
    const tolerance = await this.#measure(goldens);
    await this.#time();
    const quality = await this.#evaluate(served);

    await this.#package.keepOnly(variants);
    const manifest = await this.#package.write(facts, served, { tolerance, goldens }, quality);
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyVariants(this.#staging.root, manifest, report),
    );
    await this.#recordReference(manifest, own);
    const folder = await publish(this.#staging, manifest, force);
    const { quantised } = this.#builder;
    return {
      folder,
      manifest,
      proofs,
      ladders: this.#ladders,
      notes: [...facts.notes, ...this.#notes],
      ...(quantised && { quantised }),
    };
  }

  /** Makes a variant good enough, and keeps what was tried. Throws ToolchainError VERIFY_FAILED where nothing is enough. */
  async #climb(
    { variant, scheme }: PlannedVariant,
    { facts, goldens, reference }: { facts: PackageFacts; goldens: readonly Golden[]; reference: Reference },
  ): Promise<void> {
    const { quantise: settings, quality: level, scheme: only } = this.#settings;
    const feeds = () => this.#feedsOf(goldens);
    const { taken, tried, notes } = await climb({
      ...{ variant, scheme, settings, level },
      only: variant === 'int8' ? only : undefined,
      attempt: (step) =>
        this.#builder.attempt({ variant, scheme }, step, { facts, feeds, reference, goldens }),
    });
    const fp32 = this.#package.variant(this.#plan.reference.variant);
    this.#ladders.push(reportLadder({ variant, level, taken, tried, fp32 }));
    this.#notes.push(...this.#builder.notes(variant), ...notes);
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

  #makeGoldens(requests: readonly TokenRequest[]): Promise<readonly Golden[]> {
    return this.#progress.stage('goldens', (report) =>
      this.#package.serving(this.#plan.reference.variant, (predictor) =>
        explainRefusedBatch(() => makeGoldens(predictor, requests, report)),
      ),
    );
  }

  #makeReference(requests: readonly TokenRequest[]): Promise<Reference> {
    const { variant } = this.#plan.reference;
    return this.#progress.stage(`judge ${variant}`, (report) =>
      this.#package.serving(variant, (predictor) => makeReference(predictor, requests, report)),
    );
  }

  /** Refuses a model whose answers depend on their neighbours, before anything else is compared with them. */
  async #passNeighbourGate(goldens: readonly Golden[]): Promise<void> {
    const { variant } = this.#plan.reference;
    const relative = await this.#progress.stage('compare in a batch', () =>
      this.#package.serving(variant, (predictor) => measureNeighbours(predictor, goldens)),
    );
    const { inputs, facts } = this.#source;
    this.#notes.push(...passNeighbours(relative, { inputs, precision: facts.precision }));
  }

  /** Compares each variant that is kept with the goldens, and gives its tolerance. */
  async #measure(goldens: readonly Golden[]): Promise<Record<string, number>> {
    const tolerance: Record<string, number> = {};
    for (const variant of this.#settings.variants) {
      const deviation = await this.#builder.compare(variant, goldens);
      tolerance[variant] = measureTolerance(deviation, goldens);
      if (deviation.sameInAnyBatch) this.#package.describe(variant, { sameInAnyBatch: true });
    }
    return tolerance;
  }

  /** A budget that is given is for tests and trials: then nothing is measured. */
  async #time(): Promise<void> {
    if (this.#settings.tokenBudget !== undefined) return;
    for (const variant of this.#settings.variants) {
      if (SCHEMES[variant].tier === 'gpu') continue;
      const inferMsPerToken = await this.#progress.stage(`measure ${variant}`, (report) =>
        this.#package.serving(variant, (predictor) => measureMsPerToken(predictor, report)),
      );
      this.#package.describe(variant, { inferMsPerToken });
    }
  }

  /** Of labelled rows, which are more like what the model will be asked than built-in texts are; else of the texts that were given. */
  async #recordReference(manifest: OnnxManifest, own: readonly TokenRequest[] | undefined): Promise<void> {
    if (!takesReference(manifest.task)) return;
    const { evaluations, texts } = this.#settings;
    const rows = (await Promise.all(evaluations.map(({ file }) => readTexts(file)))).flat();
    const requests = rows.length > 0 ? rows : (own ?? []);
    if (requests.length < LEAST_REFERENCE_TEXTS) {
      this.#notes.push(NO_REFERENCE);
      return;
    }
    const source =
      rows.length > 0 ? evaluations.map(({ dataset }) => dataset).join(', ') : basename(texts ?? '');
    await this.#progress.stage('record reference', (report) =>
      recordReference({ packages: this.#staging.root, ref: manifest, requests, source }, report),
    );
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
