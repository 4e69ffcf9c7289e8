/**
 * From a checkpoint to a package: source -> graph -> quantise -> optimise -> externalise -> goldens -> verify ->
 * tune -> evaluate -> pack. The one place that composes the stages; each of them stands alone.
 */
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine, type Golden, type Predictor } from '@pilotlight/engine';
import { FORMAT_VERSION, type Manifest, type Quality, type Variant } from '@pilotlight/engine/manifest';
import type { AddOptions, VariantName } from './package/add-options.ts';
import { packageFile } from './package/files.ts';
import { formatGoldens, type Goldens } from './package/goldens-file.ts';
import { pilotlightVersion } from './package/versions.ts';
import { type ModelSource, readSource } from './sources/index.ts';
import { evaluate } from './stages/evaluate.ts';
import { externalise, GRAPH_FILE } from './stages/externalise.ts';
import { builtInRequests, makeGoldens, requestsOfFile } from './stages/goldens.ts';
import { modelCard } from './stages/model-card.ts';
import { optimise, RUNTIME_VERSION } from './stages/optimise.ts';
import { createStaging, publish, refuseExisting, type Staging, writeManifest } from './stages/pack.ts';
import { type QuantiseReport, quantise } from './stages/quantise.ts';
import { largestBudget, tuneTokenBudget } from './stages/tune.ts';
import { toleranceOf, type VariantProof, verifyGoldens, verifyPackage } from './stages/verify.ts';
import type { Progress } from './terminal/progress.ts';

const FILES = { tokenizer: 'tokenizer.json', goldens: 'goldens.jsonl', card: 'MODEL_CARD.md' } as const;

/** What a source says of its model, without the weights. */
type SourceFacts = Omit<ModelSource, 'model' | 'inputs' | 'outputs'>;

export interface AddResult {
  readonly folder: string;
  readonly manifest: Manifest;
  /** What the int8 variant quantised; absent where only fp32 is packaged. */
  readonly quantised?: QuantiseReport;
  readonly proofs: readonly VariantProof[];
  /** What who packages the model should know of its source. */
  readonly notes: readonly string[];
}

/**
 * Packages a model. The folder of the package appears complete or not at all. Throws ToolchainError and
 * EngineError; docs/models.md says what to do on each code.
 */
export async function addModel(options: AddOptions, progress: Progress): Promise<AddResult> {
  const { packages, name, version, force } = options;
  refuseExisting(packages, name, version, force);
  const staging = await createStaging(packages, name, version);
  try {
    return await new Packaging(options, staging, progress).run();
  } finally {
    await staging.dispose();
  }
}

/** One model on its way; the staged folder is a store of its own, which the serving engine reads from. */
class Packaging {
  readonly #options: AddOptions;
  readonly #staging: Staging;
  readonly #progress: Progress;
  readonly #variants = new Map<VariantName, Variant>();
  #quantised: QuantiseReport | undefined;

  constructor(options: AddOptions, staging: Staging, progress: Progress) {
    this.#options = options;
    this.#staging = staging;
    this.#progress = progress;
  }

  async run(): Promise<AddResult> {
    const { variants, packages, force } = this.#options;
    const served = variants[0] ?? 'int8';
    const facts = await this.#buildVariant('fp32');
    if (variants.includes('int8')) await this.#buildVariant('int8');
    await copyFile(facts.tokenizer.path, this.#path(FILES.tokenizer));
    await this.#writePackage(facts, served, { tolerance: {}, goldens: [] }, []);

    const goldens = await this.#makeGoldens(facts);
    const tolerance = await this.#measure(goldens);
    await this.#tune();
    const quality = await this.#evaluate(served);

    await this.#dropVariantsNotWanted();
    const manifest = await this.#writePackage(facts, served, { tolerance, goldens }, quality);
    const entry = { name: manifest.name, version: manifest.version, manifest };
    const proofs = await this.#progress.stage('verify package', (report) =>
      verifyPackage(this.#staging.root, entry, report),
    );
    const folder = await publish(this.#staging, packages, manifest, force);
    return {
      folder,
      manifest,
      proofs,
      notes: facts.notes,
      ...(this.#quantised && { quantised: this.#quantised }),
    };
  }

  /** The graph is read anew for each variant, so that the weights of one are in memory at a time. */
  async #buildVariant(variant: VariantName): Promise<SourceFacts> {
    const { source, task, quantise: settings } = this.#options;
    const { model, inputs, outputs, ...facts } = await this.#progress.stage(`read for ${variant}`, () =>
      readSource(source, task === undefined ? {} : { task }),
    );
    if (variant === 'int8') {
      this.#quantised = await this.#progress.stage('quantise', async () => quantise(model, settings));
    }
    const optimised = await this.#progress.stage(`optimise ${variant}`, () =>
      optimise(model, this.#staging.root),
    );
    const perToken = outputs.some(({ axes }) => axes.includes('vocabulary')) ? facts.tokenizer.vocabSize : 1;
    const { tokenBudget = largestBudget(perToken) } = this.#options;
    const files = await this.#progress.stage(`write ${variant}`, () =>
      externalise(optimised, this.#path(variant)),
    );
    this.#variants.set(variant, {
      graphs: { model: { file: `${variant}/${GRAPH_FILE}`, inputs, outputs } },
      files: files.map((file) => ({ ...file, path: `${variant}/${file.path}` })),
      opset: optimised.opsetImport.find(({ domain }) => domain === '')?.version ?? 0,
      onnxruntime: RUNTIME_VERSION,
      scheme: schemeOf(variant, settings.reduceRange),
      tokenBudget,
      tier: 'lambda',
    });
    return facts;
  }

  #makeGoldens(facts: SourceFacts): Promise<readonly Golden[]> {
    const { texts } = this.#options;
    return this.#progress.stage('goldens', async (report) => {
      const requests =
        texts === undefined
          ? builtInRequests({ task: facts.task, ...facts.tokenizer })
          : await requestsOfFile(texts);
      return this.#serving('fp32', (predictor) => makeGoldens(predictor, requests, report));
    });
  }

  /** The tolerance of each variant that is kept. */
  async #measure(goldens: readonly Golden[]): Promise<Record<string, number>> {
    const tolerance: Record<string, number> = {};
    for (const variant of this.#options.variants) {
      const deviation = await this.#progress.stage(`compare ${variant}`, (report) =>
        this.#serving(variant, (predictor) => verifyGoldens(predictor, goldens, undefined, report)),
      );
      tolerance[variant] = toleranceOf(variant, deviation, goldens);
    }
    return tolerance;
  }

  async #tune(): Promise<void> {
    if (this.#options.tokenBudget !== undefined) return;
    for (const name of this.#options.variants) {
      const variant = this.#variants.get(name);
      if (variant === undefined) continue;
      const { tokenBudget } = await this.#progress.stage(`tune ${name}`, (report) =>
        this.#serving(name, (predictor) => tuneTokenBudget(predictor, report)),
      );
      this.#variants.set(name, { ...variant, tokenBudget });
    }
  }

  async #evaluate(served: VariantName): Promise<readonly Quality[]> {
    const quality: Quality[] = [];
    for (const evaluation of this.#options.evaluations) {
      const entries = await this.#progress.stage(`evaluate ${evaluation.dataset}`, (report) =>
        this.#serving('fp32', (fp32) =>
          this.#serving(served, (predictor) => evaluate(fp32, predictor, evaluation, report)),
        ),
      );
      quality.push(...entries);
    }
    return quality;
  }

  async #dropVariantsNotWanted(): Promise<void> {
    for (const variant of [...this.#variants.keys()]) {
      if (this.#options.variants.includes(variant)) continue;
      await rm(this.#path(variant), { recursive: true });
      this.#variants.delete(variant);
    }
  }

  /** Runs `work` on a variant of the staged package, as it would be served. */
  async #serving<Result>(
    variant: VariantName,
    work: (predictor: Predictor) => Promise<Result>,
  ): Promise<Result> {
    const { name, version } = this.#options;
    const engine = new Engine({ packages: this.#staging.root, variant });
    try {
      return await work(await engine.predictor({ name, version }));
    } finally {
      await engine.dispose();
    }
  }

  async #writePackage(
    facts: SourceFacts,
    served: VariantName,
    goldens: Goldens,
    quality: readonly Quality[],
  ): Promise<Manifest> {
    const { name, version, description, revision } = this.#options;
    const { folder } = this.#staging;
    const { vocabSize, padTokenId, maskToken, maxTokens } = facts.tokenizer;
    const source = {
      kind: facts.kind,
      id: facts.id,
      ...(revision && { revision }),
      files: { ...facts.files },
    };
    const variants = Object.fromEntries(this.#variants);
    const common = { name, version, task: facts.task, labels: [...facts.labels], source, variants };
    await writeFile(this.#path(FILES.goldens), formatGoldens(goldens));
    const card = modelCard(facts.readme, { ...common, quality: [...quality], maxTokens });
    await writeFile(this.#path(FILES.card), card);
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      name,
      version,
      ...(description && { description }),
      task: facts.task,
      labels: common.labels,
      ...(facts.taskDefaults && { taskDefaults: facts.taskDefaults }),
      textProcessing: {
        kind: 'tokenizer.json',
        file: await packageFile(folder, FILES.tokenizer),
        vocabSize,
        padTokenId,
        ...(maskToken !== undefined && { maskToken }),
        maxTokens,
      },
      defaultVariant: served,
      variants,
      goldens: await packageFile(folder, FILES.goldens),
      modelCard: await packageFile(folder, FILES.card),
      source,
      quality: [...quality],
      toolchain: {
        pilotlight: pilotlightVersion(),
        node: process.versions.node,
        onnxruntime: RUNTIME_VERSION,
      },
    };
    await writeManifest(folder, manifest);
    return manifest;
  }

  #path(file: string): string {
    return join(this.#staging.folder, file);
  }
}

function schemeOf(variant: VariantName, reduceRange: boolean): Variant['scheme'] {
  if (variant === 'fp32') return 'fp32';
  return reduceRange ? 'int8-dynamic-per-channel-7bit' : 'int8-dynamic-per-channel';
}
